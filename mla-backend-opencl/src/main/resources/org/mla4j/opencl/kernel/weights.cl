// Ops with a weight that is stored as WEIGHT: 0 F32, 1 BF16, 2 F16. OpenCL C 1.2 core.

#define ROW(buffer, row, stride, base) ((global float *)((global char *)(buffer) + (base) + (ulong)(row) * (stride)))

#if WEIGHT == 0
#define STORED float
#define READ(weights, i) ((weights)[i])
#elif WEIGHT == 1
#define STORED ushort
#define READ(weights, i) as_float((uint)(weights)[i] << 16)
#else
#define STORED half
#define READ(weights, i) vload_half((i), (weights))
#endif

// One item for each output and row. Four running sums, added in a fixed order: a row's result does
// not depend on how many rows there are.
kernel void linear(
    global const void *x, ulong x_stride,
    global void *out, ulong out_stride,
    global const STORED *weight, global const float *bias, int has_bias,
    int outputs, int inputs, ulong x_base, ulong out_base) {
  const int output = get_global_id(0);
  if (output >= outputs) {
    return;
  }
  global const float *row = ROW(x, get_global_id(1), x_stride, x_base);
  global const STORED *weights = weight + (ulong)output * inputs;
  float4 sums = (float4)(0);
  int i = 0;
  for (; i + 4 <= inputs; i += 4) {
    const float4 w =
        (float4)(READ(weights, i), READ(weights, i + 1), READ(weights, i + 2), READ(weights, i + 3));
    sums = fma(w, vload4(0, row + i), sums);
  }
  float sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (; i < inputs; i++) {
    sum = fma(READ(weights, i), row[i], sum);
  }
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
