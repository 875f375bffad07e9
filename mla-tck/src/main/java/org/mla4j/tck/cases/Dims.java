package org.mla4j.tck.cases;

import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.api.weight.WeightHandle;

/**
 * The widths of an example, with symbols as in {@link org.mla4j.api.spec.MlaSpec}.
 *
 * @param heads N
 * @param nope P
 * @param rope R; may be 0
 * @param value V
 * @param latent L
 * @param hidden H
 * @param queryLatent Lq; 0 for none
 * @param style which elements of the rotary part pair
 * @param cache element type of the cache
 * @param cacheScale factor on stored codes
 * @param weight element type of weights
 */
record Dims(
    int heads,
    int nope,
    int rope,
    int value,
    int latent,
    int hidden,
    int queryLatent,
    RopeStyle style,
    DType cache,
    float cacheScale,
    DType weight) {
  /** Small, and no two widths alike. */
  static final Dims SMALL =
      new Dims(3, 20, 16, 24, 32, 40, 28, RopeStyle.INTERLEAVED, DType.F32, 1, DType.F32);

  /** Those of DeepSeek-V2-Lite, for kernels that take no others. */
  static final Dims REAL =
      new Dims(16, 128, 64, 128, 512, 64, 32, RopeStyle.INTERLEAVED, DType.F32, 1, DType.F32);

  Dims heads(int n) {
    return new Dims(
        n, nope, rope, value, latent, hidden, queryLatent, style, cache, cacheScale, weight);
  }

  Dims widths(int p, int r, int v, int l) {
    return new Dims(heads, p, r, v, l, hidden, queryLatent, style, cache, cacheScale, weight);
  }

  /** Widths whose rows are whole blocks of every block type. */
  Dims ofBlocks(DType dtype) {
    return new Dims(4, nope, rope, 64, 256, 512, 256, style, cache, cacheScale, dtype);
  }

  Dims queryLatent(int lq) {
    return new Dims(heads, nope, rope, value, latent, hidden, lq, style, cache, cacheScale, weight);
  }

  Dims style(RopeStyle s) {
    return new Dims(
        heads, nope, rope, value, latent, hidden, queryLatent, s, cache, cacheScale, weight);
  }

  Dims cache(DType dtype, float scale) {
    return new Dims(
        heads, nope, rope, value, latent, hidden, queryLatent, style, dtype, scale, weight);
  }

  Dims weight(DType dtype) {
    return new Dims(
        heads, nope, rope, value, latent, hidden, queryLatent, style, cache, cacheScale, dtype);
  }

  /** Inner elements of an expert: 24, in whole blocks. */
  int inner() {
    int block = weight.blockElements();
    return Math.ceilDiv(24, block) * block;
  }

  double scale() {
    return 1 / Math.sqrt(nope + rope);
  }

  CacheSpec cacheSpec() {
    return new CacheSpec(CacheSpec.mla(latent, rope, cache).parts(), cache, cacheScale);
  }

  RopeSpec ropeSpec(int positions) {
    return new RopeSpec(rope, 10000, style, new RopeScaling.None(), positions);
  }

  WeightHandle ropeTable(int positions) {
    return RopeTable.of(ropeSpec(positions), positions);
  }

  @Override
  public String toString() {
    return "N="
        + heads
        + " P="
        + nope
        + " R="
        + rope
        + " V="
        + value
        + " L="
        + latent
        + (rope == 0 ? "" : " " + style.name().toLowerCase(java.util.Locale.ROOT))
        + " cache "
        + cache
        + (cacheScale == 1 ? "" : "*" + cacheScale)
        + (weight == DType.F32 ? "" : " weights " + weight);
  }
}
