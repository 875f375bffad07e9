package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.tck.SampleWeight;

/** A layer with random weights. */
final class LayerExample {
  private static final double EPS = 1e-6;

  /** What a layer has or lacks beside its widths. */
  enum Variant {
    /** Norms and rope. */
    PLAIN,
    /** Neither. */
    BARE,
    /** Rotary part without a rope. */
    NO_ROPE,
    /** Biases of all projections but the joint up-projection. */
    BIASED,
    /** Latents that are scaled after their norms. */
    SCALED,
    /** Norms of query heads. */
    QUERY_NORMED,
    /** Norms of query and key heads: not to be absorbed. */
    HEADS_NORMED,
    /** A bias of the joint up-projection, too: not to be absorbed either. */
    UP_BIASED
  }

  private final Dims dims;
  private final Variant variant;
  private final int positions;
  private final List<SampleWeight> made = new ArrayList<>();
  private final MlaSpec spec;
  private final MlaWeights weights;
  private final @Nullable WeightHandle ropeTable;

  LayerExample(String prefix, Dims dims, Variant variant, int positions) {
    this.dims = dims;
    this.variant = variant;
    this.positions = positions;
    spec = makeSpec();
    weights = makeWeights(prefix);
    ropeTable = spec.rope() == null ? null : dims.ropeTable(positions);
  }

  private MlaSpec makeSpec() {
    boolean norms = variant != Variant.BARE;
    boolean turns = dims.rope() > 0 && norms && variant != Variant.NO_ROPE;
    boolean scaled = variant == Variant.SCALED;
    boolean lora = dims.queryLatent() > 0;
    return MlaSpec.builder()
        .hiddenSize(dims.hidden())
        .numHeads(dims.heads())
        .qLoraRank(dims.queryLatent())
        .kvLoraRank(dims.latent())
        .qkNopeHeadDim(dims.nope())
        .qkRopeHeadDim(dims.rope())
        .vHeadDim(dims.value())
        .qANorm(lora && norms ? new NormSpec(EPS) : null)
        .kvANorm(norms ? new NormSpec(EPS) : null)
        .qLatentScale(scaled && lora ? 1.5 : 1)
        .kvLatentScale(scaled ? 0.75 : 1)
        .rope(turns ? dims.ropeSpec(positions) : null)
        .qHeadNorm(normsQueries() ? new NormSpec(EPS) : null)
        .kHeadNorm(variant == Variant.HEADS_NORMED ? new NormSpec(EPS) : null)
        .cacheDType(dims.cache())
        .cacheScale(dims.cacheScale())
        .build();
  }

  private boolean normsQueries() {
    return variant == Variant.QUERY_NORMED || variant == Variant.HEADS_NORMED;
  }

  private MlaWeights makeWeights(String prefix) {
    int queries = dims.heads() * (dims.nope() + dims.rope());
    boolean lora = dims.queryLatent() > 0;
    return new MlaWeights(
        lora ? null : projection(prefix + "q_proj", queries, dims.hidden()),
        lora ? projection(prefix + "q_a_proj", dims.queryLatent(), dims.hidden()) : null,
        lora ? norm(prefix + "q_a_norm", spec.qANorm(), dims.queryLatent()) : null,
        lora ? projection(prefix + "q_b_proj", queries, dims.queryLatent()) : null,
        projection(prefix + "kv_a_proj", dims.latent() + dims.rope(), dims.hidden()),
        norm(prefix + "kv_a_norm", spec.kvANorm(), dims.latent()),
        new Projection(
            matrix(
                prefix + "kv_b_proj", dims.heads() * (dims.nope() + dims.value()), dims.latent()),
            variant == Variant.UP_BIASED
                ? keep(
                    Weights.bias(
                        prefix + "kv_b_proj.bias", dims.heads() * (dims.nope() + dims.value())))
                : null),
        projection(prefix + "o_proj", dims.hidden(), dims.heads() * dims.value()),
        norm(prefix + "q_norm", spec.qHeadNorm(), spec.qkHeadDim()),
        norm(prefix + "k_norm", spec.kHeadNorm(), spec.qkHeadDim()));
  }

  private Projection projection(String name, int out, int in) {
    return new Projection(
        matrix(name, out, in),
        variant == Variant.BIASED ? keep(Weights.bias(name + ".bias", out)) : null);
  }

  private SampleWeight matrix(String name, int out, int in) {
    return keep(Weights.matrix(name, dims.weight(), out, in));
  }

  private @Nullable SampleWeight norm(String name, @Nullable NormSpec norm, int width) {
    return norm == null ? null : keep(Weights.norm(name, dims.weight(), width));
  }

  private SampleWeight keep(SampleWeight weight) {
    made.add(weight);
    return weight;
  }

  Dims dims() {
    return dims;
  }

  MlaSpec spec() {
    return spec;
  }

  MlaWeights weights() {
    return weights;
  }

  @Nullable WeightHandle ropeTable() {
    return ropeTable;
  }

  /** All weights that are stored. */
  List<SampleWeight> made() {
    return List.copyOf(made);
  }

  @Override
  public String toString() {
    return variant.name().toLowerCase(java.util.Locale.ROOT)
        + " Lq="
        + dims.queryLatent()
        + " "
        + dims;
  }
}
