package org.mla4j.api.weight;

/**
 * What a weight is made of in the checkpoint: for backends that re-lay weights in a form of their
 * own and would rather start from what is stored than from materialised values. Whoever does not
 * know a form, or does not care, {@linkplain WeightHandle#materialise materialises}: that works for
 * all of them.
 */
public sealed interface WeightForm {
  /**
   * One dense tensor: the weight is {@linkplain WeightHandle#isPlain() plain}, and its bytes can be
   * {@linkplain WeightHandle#lease() leased} or {@linkplain WeightHandle#read read}.
   */
  record Plain() implements WeightForm {}

  /**
   * A matrix of codes with a scale for each block of it, the last blocks ragged: {@code w[i][j] =
   * float32(values[i][j]) * scales[i / blockRows][j / blockColumns]}, one binary32 multiplication.
   *
   * @param values plain, {@code [rows, columns]} of type F8_E4M3
   * @param scales plain, {@code [ceil(rows / blockRows), ceil(columns / blockColumns)]} of a
   *     float type, whose values count; or U8, where a code {@code e} stands for {@code 2^(e - 127)}, and 255 for
   *     NaN ("ue8m0")
   * @param blockRows rows of a block
   * @param blockColumns columns of a block
   */
  record BlockScaled(WeightHandle values, WeightHandle scales, int blockRows, int blockColumns)
      implements WeightForm {}

  /**
   * The projection from the latent to keys and values in two halves, as llama.cpp keeps it: the
   * rows of head {@code h} are {@code keys[h]} turned over, then {@code values[h]}.
   *
   * @param keys plain, {@code [heads, rank, key]}
   * @param values plain, {@code [heads, value, rank]}
   */
  record SplitProjection(WeightHandle keys, WeightHandle values) implements WeightForm {}

  /** Nothing that can be taken apart: the weight is to be materialised. */
  record Computed() implements WeightForm {}
}
