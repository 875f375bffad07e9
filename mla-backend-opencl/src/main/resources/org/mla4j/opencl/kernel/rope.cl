// Turns pairs of elements by the angle of their token's position. OpenCL C 1.2 core.

// One item for each pair of each head of each row; the heads of q come before those of k.
kernel void rotary_embedding(
    global char *q, ulong q_stride, ulong q_head,
    global char *k, ulong k_stride, ulong k_head,
    global const float *table, global const long *positions,
    int heads, int key_heads, int pairs, int interleaved,
    ulong q_base, ulong k_base, ulong first) {
  const int item = get_global_id(0);
  if (item >= (heads + key_heads) * pairs) {
    return;
  }
  const int row = get_global_id(1);
  const int pair = item % pairs;
  const int head = item / pairs;
  global float *part =
      (global float *)(head < heads
                           ? q + q_base + row * q_stride + head * q_head
                           : k + k_base + row * k_stride + (head - heads) * k_head);
  global const float *angles = table + (ulong)positions[first + row] * (2 * pairs);
  const float cosine = angles[pair];
  const float sine = angles[pairs + pair];
  const int one = interleaved ? 2 * pair : pair;
  const int two = interleaved ? 2 * pair + 1 : pair + pairs;
  const float x = part[one];
  const float y = part[two];
  part[one] = x * cosine - y * sine;
  part[two] = y * cosine + x * sine;
}
