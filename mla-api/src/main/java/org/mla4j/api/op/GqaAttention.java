package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Grouped-query attention over a paged cache: writes key and value of each token to its cache row,
 * then attends.
 *
 * <p>Query head n shares key head {@code g = n / (N / G)}. For the token at position p of its
 * sequence, over positions j = 0 to p: {@code s_j = scale * (q_n . k_g,j)}; {@code out_n = sum_j
 * softmax(s)_j v_g,j}. Keys and values are read back as the cache stores them. Cells, slots and
 * edge cases as in {@link ConcatAndCacheMla} and {@link MlaDecodeAttention}; a token with a
 * negative slot sees what the cache holds at its position.
 *
 * @param q F32 {@code [T, N, D]}, rotated
 * @param k F32 {@code [T, G, D]}, rotated; N is a multiple of G
 * @param v F32 {@code [T, G, V]}
 * @param cache rows of two parts, key {@code G * D} and value {@code G * V}; changed in place
 * @param scale factor on scores
 * @param out F32 {@code [T, N, V]}
 */
public record GqaAttention(
    StepValue q, StepValue k, StepValue v, CacheValue cache, double scale, StepValue out)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "gqa_attention";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(
        q,
        k,
        v,
        cache,
        InputValue.SLOT_MAPPING,
        InputValue.BLOCK_TABLES,
        InputValue.QUERY_START,
        InputValue.POSITIONS);
  }

  @Override
  public List<Value> writes() {
    return List.of(cache, out);
  }
}
