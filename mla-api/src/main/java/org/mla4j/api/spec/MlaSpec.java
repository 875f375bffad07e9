package org.mla4j.api.spec;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;

/**
 * A Multi-Head Latent Attention layer as data. Nothing in it belongs to one family of models.
 *
 * <p>Symbols in the documentation: H = {@code hiddenSize}, N = {@code numHeads}, Lq = {@code
 * qLoraRank}, L = {@code kvLoraRank}, P = {@code qkNopeHeadDim}, R = {@code qkRopeHeadDim}, V =
 * {@code vHeadDim}, T = tokens of a step.
 *
 * @param hiddenSize width of the model, H
 * @param numHeads <em>local</em> query heads, N: after any division over devices
 * @param qLoraRank width of the query latent, Lq; 0 when queries are projected directly
 * @param kvLoraRank width of the key-value latent, L
 * @param qkNopeHeadDim width of the part of a query or key head without rope, P
 * @param qkRopeHeadDim width of the rotary part, R, shared by all key heads; 0 for a layer without
 *     one
 * @param vHeadDim width of a value head, V
 * @param qANorm norm of the query latent; null for none
 * @param kvANorm norm of the key-value latent; null for none. The rotary key is never normed
 * @param rope rope of the rotary part; null for none ("NoPE"): then the rotary part, if any, passes
 *     unrotated
 * @param softmaxScale rule for the factor on scores
 * @param qLatentScale factor on the query latent after its norm (LongCat); 1 for none
 * @param kvLatentScale factor on the key-value latent after its norm (LongCat); 1 for none
 * @param qHeadNorm norm of each query head, of all P + R elements, after projection and before
 *     rope; null for none
 * @param kHeadNorm norm of each decompressed key head together with the shared rotary key, of all P
 *     + R elements and before rope; null for none. With one, weights cannot be absorbed, and the
 *     default forward keeps the key in the cache as projected
 * @param cacheDType element type of the cache
 * @param cacheScale for an F8_E4M3 cache, the factor on stored codes; 1 when the checkpoint gives
 *     none
 * @param cacheFormat what the cells of a cache row are
 */
public record MlaSpec(
    int hiddenSize,
    int numHeads,
    int qLoraRank,
    int kvLoraRank,
    int qkNopeHeadDim,
    int qkRopeHeadDim,
    int vHeadDim,
    @Nullable NormSpec qANorm,
    @Nullable NormSpec kvANorm,
    @Nullable RopeSpec rope,
    SoftmaxScale softmaxScale,
    double qLatentScale,
    double kvLatentScale,
    @Nullable NormSpec qHeadNorm,
    @Nullable NormSpec kHeadNorm,
    DType cacheDType,
    float cacheScale,
    CacheSpec.Format cacheFormat) {

  /**
   * Checks that the parts fit together.
   *
   * @throws org.mla4j.api.error.InvalidInputException if a dimension is not positive, the rope does
   *     not cover the rotary part exactly, a norm belongs to a latent that is not there, or a
   *     latent is scaled that has no norm
   */
  public MlaSpec {
    SpecCheck.positive("MlaSpec", "hiddenSize", hiddenSize);
    SpecCheck.positive("MlaSpec", "numHeads", numHeads);
    SpecCheck.notNegative("MlaSpec", "qLoraRank", qLoraRank);
    SpecCheck.positive("MlaSpec", "kvLoraRank", kvLoraRank);
    SpecCheck.positive("MlaSpec", "qkNopeHeadDim", qkNopeHeadDim);
    SpecCheck.notNegative("MlaSpec", "qkRopeHeadDim", qkRopeHeadDim);
    SpecCheck.positive("MlaSpec", "vHeadDim", vHeadDim);
    SpecCheck.require(
        rope == null || rope.dim() == qkRopeHeadDim,
        "MlaSpec",
        "rope.dim = "
            + (rope == null ? 0 : rope.dim())
            + "; expected qkRopeHeadDim = "
            + qkRopeHeadDim);
    SpecCheck.require(
        qLoraRank > 0 || (qANorm == null && qLatentScale == 1),
        "MlaSpec",
        "qANorm or qLatentScale is given, but qLoraRank = 0: there is no query latent");
    SpecCheck.positive("MlaSpec", "qLatentScale", qLatentScale);
    SpecCheck.positive("MlaSpec", "kvLatentScale", kvLatentScale);
    SpecCheck.require(
        (qLatentScale == 1 || qANorm != null) && (kvLatentScale == 1 || kvANorm != null),
        "MlaSpec",
        "a latent is scaled (q "
            + qLatentScale
            + ", kv "
            + kvLatentScale
            + ") that has no norm; expected the scale to follow a norm");
    SpecCheck.require(
        cacheFormat != CacheSpec.Format.FP8_DS_MLA
            || (kvLoraRank == CacheSpec.DS_MLA_LATENT && qkRopeHeadDim == CacheSpec.DS_MLA_ROPE),
        "MlaSpec",
        "cacheFormat = "
            + cacheFormat
            + " with kvLoraRank = "
            + kvLoraRank
            + " and qkRopeHeadDim = "
            + qkRopeHeadDim
            + "; expected 512 and 64");
    cacheSpec(kvLoraRank, qkRopeHeadDim, cacheDType, cacheScale, cacheFormat);
  }

  private static CacheSpec cacheSpec(
      int latent, int rope, DType dtype, float scale, CacheSpec.Format format) {
    return new CacheSpec(CacheSpec.mla(latent, rope, DType.F32).parts(), dtype, scale, format);
  }

  /**
   * Starts a description with the dimensions every layer has; the rest starts as in a plain layer
   * without norms, rope or scaling and with an F32 cache.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts a description that says what this one does, to change some of it.
   *
   * @return a new builder; this spec stays as it is
   */
  public Builder toBuilder() {
    return builder()
        .hiddenSize(hiddenSize)
        .numHeads(numHeads)
        .qLoraRank(qLoraRank)
        .kvLoraRank(kvLoraRank)
        .qkNopeHeadDim(qkNopeHeadDim)
        .qkRopeHeadDim(qkRopeHeadDim)
        .vHeadDim(vHeadDim)
        .qANorm(qANorm)
        .kvANorm(kvANorm)
        .rope(rope)
        .softmaxScale(softmaxScale)
        .qLatentScale(qLatentScale)
        .kvLatentScale(kvLatentScale)
        .qHeadNorm(qHeadNorm)
        .kHeadNorm(kHeadNorm)
        .cacheDType(cacheDType)
        .cacheScale(cacheScale)
        .cacheFormat(cacheFormat);
  }

  /**
   * Tells whether queries go through a latent.
   *
   * @return true if {@code qLoraRank > 0}
   */
  public boolean hasQLora() {
    return qLoraRank > 0;
  }

  /**
   * Tells whether decode may run on the latent cache by absorbing the up-projection into query and
   * output. A norm of each key head stands between latent and score, so it forbids that.
   *
   * @return true if no key head norm
   */
  public boolean absorbable() {
    return kHeadNorm == null;
  }

  /**
   * Returns the width of a query or key head.
   *
   * @return {@code P + R}
   */
  public int qkHeadDim() {
    return qkNopeHeadDim + qkRopeHeadDim;
  }

  /**
   * Returns the factor on scores.
   *
   * @return {@link #softmaxScale()} at {@link #qkHeadDim()}, in both algebraic forms
   */
  public double scale() {
    return softmaxScale.value(qkHeadDim());
  }

  /**
   * Returns what the layer keeps of each token.
   *
   * @return latent, then rotary key
   */
  public CacheSpec cache() {
    return cacheSpec(kvLoraRank, qkRopeHeadDim, cacheDType, cacheScale, cacheFormat);
  }

  /** Collects the parts of a spec. Not thread-safe. */
  public static final class Builder {
    private int hiddenSize;
    private int numHeads;
    private int qLoraRank;
    private int kvLoraRank;
    private int qkNopeHeadDim;
    private int qkRopeHeadDim;
    private int vHeadDim;
    private @Nullable NormSpec qANorm;
    private @Nullable NormSpec kvANorm;
    private @Nullable RopeSpec rope;
    private SoftmaxScale softmaxScale = new SoftmaxScale.HeadWidth();
    private double qLatentScale = 1;
    private double kvLatentScale = 1;
    private @Nullable NormSpec qHeadNorm;
    private @Nullable NormSpec kHeadNorm;
    private DType cacheDType = DType.F32;
    private float cacheScale = 1;
    private CacheSpec.Format cacheFormat = CacheSpec.Format.CELLS;

    private Builder() {}

    /**
     * Sets hiddenSize.
     *
     * @param value width of the model
     * @return this builder
     */
    public Builder hiddenSize(int value) {
      hiddenSize = value;
      return this;
    }

    /**
     * Sets numHeads.
     *
     * @param value local query heads
     * @return this builder
     */
    public Builder numHeads(int value) {
      numHeads = value;
      return this;
    }

    /**
     * Sets qLoraRank.
     *
     * @param value width of the query latent, 0 for none
     * @return this builder
     */
    public Builder qLoraRank(int value) {
      qLoraRank = value;
      return this;
    }

    /**
     * Sets kvLoraRank.
     *
     * @param value width of the key-value latent
     * @return this builder
     */
    public Builder kvLoraRank(int value) {
      kvLoraRank = value;
      return this;
    }

    /**
     * Sets qkNopeHeadDim.
     *
     * @param value width of a head's part without rope
     * @return this builder
     */
    public Builder qkNopeHeadDim(int value) {
      qkNopeHeadDim = value;
      return this;
    }

    /**
     * Sets qkRopeHeadDim.
     *
     * @param value width of the rotary part
     * @return this builder
     */
    public Builder qkRopeHeadDim(int value) {
      qkRopeHeadDim = value;
      return this;
    }

    /**
     * Sets vHeadDim.
     *
     * @param value width of a value head
     * @return this builder
     */
    public Builder vHeadDim(int value) {
      vHeadDim = value;
      return this;
    }

    /**
     * Sets qANorm.
     *
     * @param value norm of the query latent, or null
     * @return this builder
     */
    public Builder qANorm(@Nullable NormSpec value) {
      qANorm = value;
      return this;
    }

    /**
     * Sets kvANorm.
     *
     * @param value norm of the key-value latent, or null
     * @return this builder
     */
    public Builder kvANorm(@Nullable NormSpec value) {
      kvANorm = value;
      return this;
    }

    /**
     * Sets rope.
     *
     * @param value rope of the rotary part, or null
     * @return this builder
     */
    public Builder rope(@Nullable RopeSpec value) {
      rope = value;
      return this;
    }

    /**
     * Sets softmaxScale.
     *
     * @param value rule for the factor on scores
     * @return this builder
     */
    public Builder softmaxScale(SoftmaxScale value) {
      softmaxScale = value;
      return this;
    }

    /**
     * Sets qLatentScale.
     *
     * @param value factor on the query latent
     * @return this builder
     */
    public Builder qLatentScale(double value) {
      qLatentScale = value;
      return this;
    }

    /**
     * Sets kvLatentScale.
     *
     * @param value factor on the key-value latent
     * @return this builder
     */
    public Builder kvLatentScale(double value) {
      kvLatentScale = value;
      return this;
    }

    /**
     * Sets qHeadNorm.
     *
     * @param value norm of each query head, or null
     * @return this builder
     */
    public Builder qHeadNorm(@Nullable NormSpec value) {
      qHeadNorm = value;
      return this;
    }

    /**
     * Sets kHeadNorm.
     *
     * @param value norm of each key head, or null
     * @return this builder
     */
    public Builder kHeadNorm(@Nullable NormSpec value) {
      kHeadNorm = value;
      return this;
    }

    /**
     * Sets cacheDType.
     *
     * @param value element type of the cache
     * @return this builder
     */
    public Builder cacheDType(DType value) {
      cacheDType = value;
      return this;
    }

    /**
     * Sets cacheScale.
     *
     * @param value factor on stored F8_E4M3 codes
     * @return this builder
     */
    public Builder cacheScale(float value) {
      cacheScale = value;
      return this;
    }

    /**
     * Sets cacheFormat.
     *
     * @param value what the cells of a cache row are
     * @return this builder
     */
    public Builder cacheFormat(CacheSpec.Format value) {
      cacheFormat = value;
      return this;
    }

    /**
     * Sets cacheDType and cacheFormat.
     *
     * @param value what a user chose
     * @return this builder
     */
    public Builder cacheType(CacheType value) {
      return cacheDType(value.dtype()).cacheFormat(value.format());
    }

    /**
     * Makes the spec.
     *
     * @return the checked spec
     * @throws org.mla4j.api.error.InvalidInputException if a required part is missing or the parts
     *     contradict each other
     */
    public MlaSpec build() {
      return new MlaSpec(
          hiddenSize,
          numHeads,
          qLoraRank,
          kvLoraRank,
          qkNopeHeadDim,
          qkRopeHeadDim,
          vHeadDim,
          qANorm,
          kvANorm,
          rope,
          softmaxScale,
          qLatentScale,
          kvLatentScale,
          qHeadNorm,
          kHeadNorm,
          cacheDType,
          cacheScale,
          cacheFormat);
    }
  }
}
