// Ops with a weight that is stored as WEIGHT: 0 F32, 1 BF16, 2 F16, 3 Q8_0, 4 Q4_0. An element is
// counted from the first of the whole weight, since elements of a block have no address of their
// own. OpenCL C 1.2 core.

#define ROW(buffer, row, stride, base) ((global float *)((global char *)(buffer) + (base) + (ulong)(row) * (stride)))

#if WEIGHT == 0
#define STORED float
#define READ(weights, i) ((weights)[i])
#elif WEIGHT == 1
#define STORED ushort
#define READ(weights, i) as_float((uint)(weights)[i] << 16)
#elif WEIGHT == 2
#define STORED half
#define READ(weights, i) vload_half((i), (weights))
#elif WEIGHT == 3
#define STORED uchar
#define READ(weights, i) q8_0((weights), (i))

// Blocks of 32 in 34 bytes: a scale, then an integer for each element.
float q8_0(global const uchar *weights, ulong i) {
  global const uchar *block = weights + i / 32 * 34;
  return vload_half(0, (global const half *)block) * as_char(block[2 + i % 32]);
}
#else
#define STORED uchar
#define READ(weights, i) q4_0((weights), (i))

// Blocks of 32 in 18 bytes: a scale, then the first half in the low bits, the second in the high.
float q4_0(global const uchar *weights, ulong i) {
  global const uchar *block = weights + i / 32 * 18;
  const uchar both = block[2 + i % 16];
  const int code = i % 32 < 16 ? both & 15 : both >> 4;
  return vload_half(0, (global const half *)block) * (code - 8);
}
#endif

// A row of a weight, which starts at an element, times a vector. Four running sums, added in a
// fixed order: a row's result does not depend on how many rows there are.
float dot_row(global const STORED *weights, ulong first, global const float *row, int width) {
  float4 sums = (float4)(0);
  int i = 0;
  for (; i + 4 <= width; i += 4) {
    const ulong at = first + i;
    const float4 w =
        (float4)(
            READ(weights, at),
            READ(weights, at + 1),
            READ(weights, at + 2),
            READ(weights, at + 3));
    sums = fma(w, vload4(0, row + i), sums);
  }
  float sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (; i < width; i++) {
    sum = fma(READ(weights, first + i), row[i], sum);
  }
  return sum;
}

// One item for each output and row.
kernel void linear(
    global const void *x, ulong x_stride,
    global void *out, ulong out_stride,
    global const STORED *weight, global const float *bias, int has_bias,
    int outputs, int inputs, ulong x_base, ulong out_base) {
  const int output = get_global_id(0);
  if (output >= outputs) {
    return;
  }
  const float sum =
      dot_row(
          weight, (ulong)output * inputs, ROW(x, get_global_id(1), x_stride, x_base), inputs);
  ROW(out, get_global_id(1), out_stride, out_base)[output] = has_bias ? sum + bias[output] : sum;
}

kernel void embedding(
    global void *out, ulong out_stride,
    global const STORED *table, global const int *ids, int width, float factor,
    ulong out_base, ulong first) {
  const int i = get_global_id(0);
  if (i < width) {
    const ulong id = ids[first + get_global_id(1)];
    ROW(out, get_global_id(1), out_stride, out_base)[i] = factor * READ(table, id * width + i);
  }
}

// Key rows of the joint up-projection, turned over: one item for each element of each head.
kernel void absorb_query(
    global const void *q, ulong q_stride, ulong q_head,
    global void *out, ulong out_stride, ulong out_head,
    global const STORED *kv_b, int heads, int head_rows, int key_width, int latent,
    ulong q_base, ulong out_base) {
  const int element = get_global_id(0);
  if (element >= heads * latent) {
    return;
  }
  const int head = element / latent;
  const int i = element % latent;
  global const float *query = ROW(q, get_global_id(1), q_stride, q_base + head * q_head);
  const ulong first = (ulong)head * head_rows * latent + i;
  float sum = 0;
  for (int key = 0; key < key_width; key++) {
    sum = fma(READ(kv_b, first + (ulong)key * latent), query[key], sum);
  }
  ROW(out, get_global_id(1), out_stride, out_base + head * out_head)[i] = sum;
}

// Value rows of the joint up-projection, the last of each head: one item for each of its values.
kernel void project_value(
    global const void *o, ulong o_stride, ulong o_head,
    global void *out, ulong out_stride, ulong out_head,
    global const STORED *kv_b, int heads, int head_rows, int value_width, int latent,
    ulong o_base, ulong out_base) {
  const int element = get_global_id(0);
  if (element >= heads * value_width) {
    return;
  }
  const int head = element / value_width;
  const int value = element % value_width;
  const ulong weight_row = (ulong)(head + 1) * head_rows - value_width + value;
  ROW(out, get_global_id(1), out_stride, out_base + head * out_head)[value] =
      dot_row(
          kv_b,
          weight_row * latent,
          ROW(o, get_global_id(1), o_stride, o_base + head * o_head),
          latent);
}

// The inner elements of the chosen experts: one item for each element of each choice of each row.
kernel void expert_inner(
    global const void *x, ulong x_stride,
    global const void *ids, ulong ids_stride,
    global float *inner, global const STORED *gates, global const STORED *ups,
    int choices, int hidden, int inner_width, ulong x_base, ulong ids_base) {
  const int element = get_global_id(0);
  if (element >= choices * inner_width) {
    return;
  }
  const int row = get_global_id(1);
  const int choice = element / inner_width;
  const ulong expert = ((global const int *)ROW(ids, row, ids_stride, ids_base))[choice];
  const ulong first = (expert * inner_width + element % inner_width) * hidden;
  global const float *from = ROW(x, row, x_stride, x_base);
  const float gate = dot_row(gates, first, from, hidden);
  const float up = dot_row(ups, first, from, hidden);
  inner[(ulong)row * choices * inner_width + element] = gate / (1 + exp(-gate)) * up;
}

// The weighted sum of the chosen experts, in the order of their ids: one item for each output.
kernel void expert_outputs(
    global const void *ids, ulong ids_stride,
    global const void *factors, ulong factors_stride,
    global void *out, ulong out_stride,
    global const float *inner, global const STORED *downs,
    int choices, int hidden, int inner_width, ulong ids_base, ulong factors_base, ulong out_base) {
  const int output = get_global_id(0);
  if (output >= hidden) {
    return;
  }
  const int row = get_global_id(1);
  global const int *experts = (global const int *)ROW(ids, row, ids_stride, ids_base);
  global const float *weights = ROW(factors, row, factors_stride, factors_base);
  float sum = 0;
  for (int choice = 0; choice < choices; choice++) {
    const ulong weight_row = (ulong)experts[choice] * hidden + output;
    const float part =
        dot_row(
            downs,
            weight_row * inner_width,
            inner + ((ulong)row * choices + choice) * inner_width,
            inner_width);
    sum = fma(weights[choice], part, sum);
  }
  ROW(out, row, out_stride, out_base)[output] = sum;
}
