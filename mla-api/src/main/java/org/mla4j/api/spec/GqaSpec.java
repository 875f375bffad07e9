package org.mla4j.api.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;

/**
 * A grouped-query attention layer as data. Nothing in it belongs to one family of models.
 *
 * <p>Symbols in the documentation: H = {@code hiddenSize}, N = {@code numHeads}, G = {@code
 * numKeyHeads}, D = {@code headDim}, T = tokens of a step.
 *
 * @param hiddenSize width of the model, H
 * @param numHeads <em>local</em> query heads, N
 * @param numKeyHeads <em>local</em> key and value heads, G; query head n uses number {@code n / (N
 *     / G)}
 * @param headDim width of a query, key or value head, D
 * @param qHeadNorm norm of each query head after projection and before rope; null for none
 * @param kHeadNorm norm of each key head after projection and before rope; null for none
 * @param rope rope of whole query and key heads; null for none ("NoPE")
 * @param softmaxScale rule for the factor on scores, over D
 * @param cacheDType element type of the cache
 * @param cacheScale for an F8_E4M3 cache, the factor on stored codes; 1 when the checkpoint gives
 *     none
 */
public record GqaSpec(
    int hiddenSize,
    int numHeads,
    int numKeyHeads,
    int headDim,
    @Nullable NormSpec qHeadNorm,
    @Nullable NormSpec kHeadNorm,
    @Nullable RopeSpec rope,
    SoftmaxScale softmaxScale,
    DType cacheDType,
    float cacheScale) {
  /** Name of the part of a cache row that holds the keys of all heads. */
  public static final String KEY = "key";

  /** Name of the part of a cache row that holds the values of all heads. */
  public static final String VALUE = "value";

  /**
   * Checks that the parts fit together.
   *
   * @throws org.mla4j.api.error.InvalidInputException if a dimension is not positive, query heads
   *     are no multiple of key heads, the rope does not cover a head exactly, or the type cannot be
   *     that of a cache
   */
  public GqaSpec {
    SpecCheck.positive("GqaSpec", "hiddenSize", hiddenSize);
    SpecCheck.positive("GqaSpec", "numHeads", numHeads);
    SpecCheck.positive("GqaSpec", "numKeyHeads", numKeyHeads);
    SpecCheck.positive("GqaSpec", "headDim", headDim);
    SpecCheck.require(
        numHeads % numKeyHeads == 0,
        "GqaSpec",
        "numHeads = " + numHeads + "; expected a multiple of numKeyHeads = " + numKeyHeads);
    SpecCheck.require(
        rope == null || rope.dim() == headDim,
        "GqaSpec",
        "rope.dim = " + (rope == null ? 0 : rope.dim()) + "; expected headDim = " + headDim);
    cacheSpec((long) numKeyHeads * headDim, cacheDType, cacheScale);
  }

  private static CacheSpec cacheSpec(long width, DType dtype, float scale) {
    SpecCheck.require(
        width <= Integer.MAX_VALUE / 2,
        "GqaSpec",
        "numKeyHeads * headDim = " + width + "; expected less than 2^30");
    return new CacheSpec(
        List.of(new CacheSpec.Part(KEY, (int) width), new CacheSpec.Part(VALUE, (int) width)),
        dtype,
        scale);
  }

  /**
   * Describes the same layer with another cache.
   *
   * @param dtype element type of the cache
   * @param scale for an F8_E4M3 cache, the factor on stored codes; otherwise 1
   * @return the spec
   * @throws org.mla4j.api.error.InvalidInputException if the type cannot be that of a cache
   */
  public GqaSpec withCache(DType dtype, float scale) {
    return new GqaSpec(
        hiddenSize,
        numHeads,
        numKeyHeads,
        headDim,
        qHeadNorm,
        kHeadNorm,
        rope,
        softmaxScale,
        dtype,
        scale);
  }

  /**
   * Returns the factor on scores.
   *
   * @return {@link #softmaxScale()} at {@link #headDim()}
   */
  public double scale() {
    return softmaxScale.value(headDim);
  }

  /**
   * Returns what the layer keeps of each token.
   *
   * @return rotated keys of all heads, then their values: G * D elements each
   */
  public CacheSpec cache() {
    return cacheSpec((long) numKeyHeads * headDim, cacheDType, cacheScale);
  }
}
