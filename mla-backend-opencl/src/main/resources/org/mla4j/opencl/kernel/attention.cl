// The cache, and attention over it and over decompressed keys. Rows are at BASE + row * stride
// bytes, as in rows.cl. CELL says what a cache row holds: 0 F32, 1 BF16, 2 F16, 3 F8_E4M3 with one
// scale, 4 the 656 bytes of fp8_ds_mla. OpenCL C 1.2 core.

#define ROW(buffer, row, stride, base) ((global float *)((global char *)(buffer) + (base) + (ulong)(row) * (stride)))

#define DS_MLA_LATENT 512
#define DS_MLA_TILE 128
#define DS_MLA_ROPE_AT (DS_MLA_LATENT + DS_MLA_LATENT / DS_MLA_TILE * 4)
#define F8_LARGEST 448.0f

// Division rounded correctly: that of OpenCL need not be, and a code must not depend on the device.
float divide(float x, float y) {
  const float quotient = x / y;
  const float better = fma(fma(-quotient, y, x), 1 / y, quotient);
  return isfinite(better) ? better : quotient;
}

float from_bf16(ushort bits) {
  return as_float((uint)bits << 16);
}

// To the nearest, ties to even; NaN stays a quiet NaN.
ushort to_bf16(float value) {
  const uint bits = as_uint(value);
  return isnan(value) ? (ushort)(bits >> 16 | 0x40)
                      : (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float from_f8(uchar code) {
  const uint magnitude = code & 0x7f;
  // Exponents are biased by 7 here and by 127 in a float; below the first is a multiple of 2^-9.
  const float value = magnitude == 0x7f ? NAN
                      : magnitude < 8   ? magnitude * 0x1p-9f
                                        : as_float((magnitude << 20) + (120u << 23));
  return code & 0x80 ? -value : value;
}

// To the nearest, ties to even; what is beyond the range becomes the largest code.
uchar to_f8(float value) {
  if (isnan(value)) {
    return 0x7f;
  }
  const float magnitude = fmin(fabs(value), F8_LARGEST);
  const int exponent = max(ilogb(magnitude), -6);
  const int steps = (int)rint(ldexp(magnitude, 3 - exponent));
  return (uchar)((as_uint(value) >> 24 & 0x80) | (((exponent + 7) << 3) + steps - 8));
}

// Reads an element of a cache row.
float read_cell(global const char *row, int i, float scale) {
#if CELL == 0
  return ((global const float *)row)[i];
#elif CELL == 1
  return from_bf16(((global const ushort *)row)[i]);
#elif CELL == 2
  return vload_half(i, (global const half *)row);
#elif CELL == 3
  return from_f8(((global const uchar *)row)[i]) * scale;
#else
  return i < DS_MLA_LATENT
             ? from_f8(((global const uchar *)row)[i])
                   * ((global const float *)(row + DS_MLA_LATENT))[i / DS_MLA_TILE]
             : from_bf16(((global const ushort *)(row + DS_MLA_ROPE_AT))[i - DS_MLA_LATENT]);
#endif
}

// The largest number of a work-group, and the sum in an order that is always the same.
float group_max(float value, local float *shared) {
  const int item = get_local_id(0);
  shared[item] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      shared[item] = fmax(shared[item], shared[item + half_size]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  const float largest = shared[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  return largest;
}

float group_sum(float value, local float *shared) {
  const int item = get_local_id(0);
  shared[item] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (item < half_size) {
      shared[item] += shared[item + half_size];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  const float sum = shared[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  return sum;
}

// One item for each element of a row, in whole work-groups.
kernel void concat_and_cache_mla(
    global const void *kv_c, ulong kv_c_stride,
    global const void *k_pe, ulong k_pe_stride,
    global char *cache, ulong cache_base, ulong row_bytes, float scale,
    global const long *inputs, int latent, int width,
    ulong kv_c_base, ulong k_pe_base, ulong slots) {
  const int i = get_global_id(0);
  const int token = get_global_id(1);
  const long slot = inputs[slots + token];
  if (slot < 0) {
    return;
  }
  global const float *latents = ROW(kv_c, token, kv_c_stride, kv_c_base);
  global const float *key = ROW(k_pe, token, k_pe_stride, k_pe_base);
  global char *row = cache + cache_base + (ulong)slot * row_bytes;
  const float value = i < latent ? latents[i] : i < width ? key[i - latent] : 0;
#if CELL == 4
  local float shared[GROUP];
  if (i < DS_MLA_LATENT) { // the same for the whole group: a tile is two groups wide
    const int tile = i / DS_MLA_TILE;
    global const float *in_tile = latents + tile * DS_MLA_TILE + get_local_id(0);
    const float largest = group_max(fmax(fabs(in_tile[0]), fabs(in_tile[GROUP])), shared);
    // A tile of zeros, or of numbers next to it, must not be divided by nothing.
    const float tile_scale = fmax(divide(largest, F8_LARGEST), FLT_MIN);
    ((global uchar *)row)[i] = to_f8(divide(value, tile_scale));
    if (i % DS_MLA_TILE == 0) {
      ((global float *)(row + DS_MLA_LATENT))[tile] = tile_scale;
    }
  } else if (i < width) {
    ((global ushort *)(row + DS_MLA_ROPE_AT))[i - DS_MLA_LATENT] = to_bf16(value);
  }
#else
  if (i >= width) {
    return;
  }
#if CELL == 0
  ((global float *)row)[i] = value;
#elif CELL == 1
  ((global ushort *)row)[i] = to_bf16(value);
#elif CELL == 2
  vstore_half_rte(value, i, (global half *)row);
#else
  ((global uchar *)row)[i] = to_f8(divide(value, scale));
#endif
#endif
}

// One item for each element of each context row.
kernel void gather_cache(
    global const char *cache, ulong cache_base, ulong row_bytes, float scale,
    global void *out, ulong out_stride,
    global const int *inputs, ulong tables, int table_width, int block_size,
    ulong starts, ulong row_starts, ulong sequences, int width, ulong out_base) {
  const int i = get_global_id(0);
  if (i >= width) {
    return;
  }
  const int row = get_global_id(1);
  const int sequence = inputs[sequences + row];
  const int position = inputs[starts + sequence] + row - inputs[row_starts + sequence];
  const ulong block = inputs[tables + (ulong)sequence * table_width + position / block_size];
  const ulong slot = block * block_size + position % block_size;
  ROW(out, row, out_stride, out_base)[i] =
      read_cell(cache + cache_base + slot * row_bytes, i, scale);
}

// Takes up the scores of a tile, one for each item, minus infinity for an item without a key.
// Returns the weight of the item's key relative to the largest score so far; what was summed before
// is to be multiplied by shrink (Milakov and Gimelshein, arXiv 1805.02867).
float take_tile(float score, local float *shared, float *largest, float *mass, float *shrink) {
  const float next = fmax(*largest, group_max(score, shared));
  *shrink = exp(*largest - next);
  const float weight = exp(score - next);
  *mass = fma(*mass, *shrink, group_sum(weight, shared));
  *largest = next;
  return weight;
}

// One work-group for each head of each token. Positions come in tiles of GROUP, which start at
// multiples of GROUP; first an item has a position of the tile, then elements of the output.
kernel void mla_decode_attention(
    global const void *q_latent, ulong q_latent_stride, ulong q_latent_head,
    global const void *q_pe, ulong q_pe_stride, ulong q_pe_head,
    global void *out, ulong out_stride, ulong out_head,
    global void *lse, ulong lse_stride, int has_lse,
    global const char *cache, ulong cache_base, ulong row_bytes, float cache_scale,
    global const int *inputs, ulong tables, int table_width, int block_size,
    int latent, int rope, float scale,
    ulong q_latent_base, ulong q_pe_base, ulong out_base, ulong lse_base,
    ulong positions, ulong sequences, int has_keys) {
  local float shared[GROUP];
  local float weights[GROUP];
  local ulong rows[GROUP];
  const int item = get_local_id(0);
  const int head = get_group_id(0);
  const int token = get_global_id(1);
  global const float *q = ROW(q_latent, token, q_latent_stride, q_latent_base + head * q_latent_head);
  global const float *r = ROW(q_pe, token, q_pe_stride, q_pe_base + head * q_pe_head);
  global float *to = ROW(out, token, out_stride, out_base + head * out_head);
  const int keys = has_keys ? (int)((global const long *)inputs)[positions + token] + 1 : 0;
  const int sequence = has_keys ? inputs[sequences + token] : 0;
  global const int *table = inputs + tables + (ulong)sequence * table_width;
  float largest = -INFINITY;
  float mass = 0;
  for (int first = 0; first < keys; first += GROUP) {
    const int count = min(GROUP, keys - first);
    float score = -INFINITY;
    if (item < count) {
      const int position = first + item;
      const ulong block = table[position / block_size];
      rows[item] = cache_base + (block * block_size + position % block_size) * row_bytes;
      global const char *row = cache + rows[item];
      float4 sums = (float4)(0);
      int i = 0;
      for (; i + 4 <= latent; i += 4) {
        const float4 c =
            (float4)(read_cell(row, i, cache_scale), read_cell(row, i + 1, cache_scale),
                     read_cell(row, i + 2, cache_scale), read_cell(row, i + 3, cache_scale));
        sums = fma(vload4(0, q + i), c, sums);
      }
      float sum = (sums.x + sums.y) + (sums.z + sums.w);
      for (; i < latent; i++) {
        sum = fma(q[i], read_cell(row, i, cache_scale), sum);
      }
      for (i = 0; i < rope; i++) {
        sum = fma(r[i], read_cell(row, latent + i, cache_scale), sum);
      }
      score = scale * sum;
    }
    float shrink;
    weights[item] = take_tile(score, shared, &largest, &mass, &shrink);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < latent; i += GROUP) {
      float sum = 0;
      for (int key = 0; key < count; key++) {
        sum = fma(weights[key], read_cell(cache + rows[key], i, cache_scale), sum);
      }
      to[i] = first == 0 ? sum : fma(to[i], shrink, sum);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = item; i < latent; i += GROUP) {
    to[i] = keys == 0 ? 0 : to[i] / mass;
  }
  if (has_lse && item == 0) {
    ROW(lse, token, lse_stride, lse_base)[head] = largest + log(mass);
  }
}

// One work-group for each head of each token, as above, over rows of decompressed keys: all of the
// token's sequence, or, if causal, those up to its own.
kernel void decompressed_attention(
    global const void *q_nope, ulong q_nope_stride, ulong q_nope_head,
    global const void *q_pe, ulong q_pe_stride, ulong q_pe_head,
    global const void *k_nope, ulong k_nope_stride, ulong k_nope_head,
    global const void *k_pe, ulong k_pe_stride,
    global const void *v, ulong v_stride, ulong v_head,
    global void *out, ulong out_stride, ulong out_head,
    global void *lse, ulong lse_stride, int has_lse,
    global const int *inputs, ulong starts, int causal,
    int nope, int rope, int width, float scale,
    ulong q_nope_base, ulong q_pe_base, ulong k_nope_base, ulong k_pe_base, ulong v_base,
    ulong out_base, ulong lse_base, ulong sequences, int first_token, int has_keys) {
  local float shared[GROUP];
  local float weights[GROUP];
  const int item = get_local_id(0);
  const int head = get_group_id(0);
  const int token = get_global_id(1);
  global const float *q = ROW(q_nope, token, q_nope_stride, q_nope_base + head * q_nope_head);
  global const float *r = ROW(q_pe, token, q_pe_stride, q_pe_base + head * q_pe_head);
  global float *to = ROW(out, token, out_stride, out_base + head * out_head);
  const int sequence = has_keys ? inputs[sequences + token] : 0;
  const int start = has_keys ? inputs[starts + sequence] - (causal ? first_token : 0) : 0;
  const int end = !has_keys ? 0 : causal ? token + 1 : inputs[starts + sequence + 1];
  float largest = -INFINITY;
  float mass = 0;
  for (int first = start; first < end; first += GROUP) {
    const int count = min(GROUP, end - first);
    float score = -INFINITY;
    if (item < count) {
      const int key = first + item;
      global const float *k = ROW(k_nope, key, k_nope_stride, k_nope_base + head * k_nope_head);
      float4 sums = (float4)(0);
      int i = 0;
      for (; i + 4 <= nope; i += 4) {
        sums = fma(vload4(0, q + i), vload4(0, k + i), sums);
      }
      float sum = (sums.x + sums.y) + (sums.z + sums.w);
      for (; i < nope; i++) {
        sum = fma(q[i], k[i], sum);
      }
      k = ROW(k_pe, key, k_pe_stride, k_pe_base);
      for (i = 0; i < rope; i++) {
        sum = fma(r[i], k[i], sum);
      }
      score = scale * sum;
    }
    float shrink;
    weights[item] = take_tile(score, shared, &largest, &mass, &shrink);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < width; i += GROUP) {
      float sum = 0;
      for (int key = 0; key < count; key++) {
        sum = fma(weights[key], ROW(v, first + key, v_stride, v_base + head * v_head)[i], sum);
      }
      to[i] = first == start ? sum : fma(to[i], shrink, sum);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = item; i < width; i += GROUP) {
    to[i] = start >= end ? 0 : to[i] / mass;
  }
  if (has_lse && item == 0) {
    ROW(lse, token, lse_stride, lse_base)[head] = largest + log(mass);
  }
}

// One work-group for each head of each token.
kernel void merge_attention_states(
    global const void *prefix, ulong prefix_stride, ulong prefix_head,
    global const void *prefix_lse, ulong prefix_lse_stride,
    global void *out, ulong out_stride, ulong out_head,
    global void *lse, ulong lse_stride, int width,
    ulong prefix_base, ulong prefix_lse_base, ulong out_base, ulong lse_base) {
  const int item = get_local_id(0);
  const int head = get_group_id(0);
  const int token = get_global_id(1);
  global const float *from = ROW(prefix, token, prefix_stride, prefix_base + head * prefix_head);
  global float *to = ROW(out, token, out_stride, out_base + head * out_head);
  global float *joined = ROW(lse, token, lse_stride, lse_base) + head;
  float before = ROW(prefix_lse, token, prefix_lse_stride, prefix_lse_base)[head];
  float after = *joined;
  barrier(CLK_GLOBAL_MEM_FENCE); // all have read what the first item is about to change
  // Some kernels say plus infinity where there were no keys.
  before = before == INFINITY ? -INFINITY : before;
  after = after == INFINITY ? -INFINITY : after;
  if (before == -INFINITY) {
    for (int i = item; after == -INFINITY && i < width; i += GROUP) {
      to[i] = 0;
    }
    if (item == 0) {
      *joined = after;
    }
    return;
  }
  if (after == -INFINITY) { // what this side holds need not be a number
    for (int i = item; i < width; i += GROUP) {
      to[i] = from[i];
    }
    if (item == 0) {
      *joined = before;
    }
    return;
  }
  const float largest = fmax(before, after);
  const float p = exp(before - largest);
  const float s = exp(after - largest);
  for (int i = item; i < width; i += GROUP) {
    to[i] = (p * from[i] + s * to[i]) / (p + s);
  }
  if (item == 0) {
    *joined = log(p + s) + largest;
  }
}
