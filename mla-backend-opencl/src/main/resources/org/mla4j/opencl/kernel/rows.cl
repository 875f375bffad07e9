// Ops on rows of F32, straight from their definitions. A row lies at BASE + row * stride bytes; the
// base of the live rows is the last argument of each of its buffers, since it changes from step to
// step. OpenCL C 1.2 core.

#define ROW(buffer, row, stride, base) ((global float *)((global char *)(buffer) + (base) + (ulong)(row) * (stride)))

// Adds up one number of each item of a work-group, always in the same order.
float group_sum(float value, local float *shared) {
  const int item = get_local_id(0);
  shared[item] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      shared[item] += shared[item + half_size];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  const float sum = shared[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  return sum;
}

// One work-group for each head of each row.
kernel void rms_norm(
    global const void *x, ulong x_stride, ulong x_head,
    global void *out, ulong out_stride, ulong out_head,
    global const float *weight, int width, float eps, float scale,
    ulong x_base, ulong out_base) {
  local float shared[GROUP];
  const int head = get_group_id(0);
  const int row = get_global_id(1);
  global const float *from = ROW(x, row, x_stride, x_base + head * x_head);
  global float *to = ROW(out, row, out_stride, out_base + head * out_head);
  float squares = 0;
  for (int i = get_local_id(0); i < width; i += GROUP) {
    squares = fma(from[i], from[i], squares);
  }
  const float mean = group_sum(squares, shared) / width;
  const float factor = scale / sqrt(mean + eps);
  for (int i = get_local_id(0); i < width; i += GROUP) {
    to[i] = from[i] * factor * weight[i];
  }
}

kernel void add(
    global void *x, ulong x_stride,
    global const void *y, ulong y_stride,
    int width, float factor, ulong x_base, ulong y_base) {
  const int i = get_global_id(0);
  if (i < width) {
    global float *sum = ROW(x, get_global_id(1), x_stride, x_base);
    sum[i] = sum[i] + factor * ROW(y, get_global_id(1), y_stride, y_base)[i];
  }
}

kernel void silu_and_mul(
    global const void *gate_up, ulong gate_up_stride,
    global void *out, ulong out_stride,
    int width, ulong gate_up_base, ulong out_base) {
  const int i = get_global_id(0);
  if (i < width) {
    global const float *gate = ROW(gate_up, get_global_id(1), gate_up_stride, gate_up_base);
    const float silu = gate[i] / (1 + exp(-gate[i]));
    ROW(out, get_global_id(1), out_stride, out_base)[i] = silu * gate[width + i];
  }
}

// Copies rows that a list names, which starts at an element of the inputs of the step.
kernel void select_rows(
    global const void *x, ulong x_stride,
    global void *out, ulong out_stride,
    global const int *inputs, ulong rows, int width, ulong x_base, ulong out_base) {
  const int i = get_global_id(0);
  if (i < width) {
    ROW(out, get_global_id(1), out_stride, out_base)[i] =
        ROW(x, inputs[rows + get_global_id(1)], x_stride, x_base)[i];
  }
}
