package org.mla4j.api.layer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.weight.WeightHandle;

/**
 * The weights of a Multi-Head Latent Attention layer by role. With a query LoRA: {@code qAProj},
 * {@code qBProj} and, if normed, {@code qANorm}; without: {@code qProj}. Symbols as in {@link
 * MlaSpec}.
 *
 * @param qProj {@code [N (P + R), H]}
 * @param qAProj {@code [Lq, H]}
 * @param qANorm {@code [Lq]}
 * @param qBProj {@code [N (P + R), Lq]}; of each head the nope rows first
 * @param kvAProj {@code [L + R, H]}: latent rows first
 * @param kvANorm {@code [L]}
 * @param kvBProj {@code [N (P + V), L]}; of each head the key rows first
 * @param oProj {@code [H, N V]}
 * @param qHeadNorm {@code [P + R]}
 * @param kHeadNorm {@code [P + R]}
 */
public record MlaWeights(
    @Nullable Projection qProj,
    @Nullable Projection qAProj,
    @Nullable WeightHandle qANorm,
    @Nullable Projection qBProj,
    Projection kvAProj,
    @Nullable WeightHandle kvANorm,
    Projection kvBProj,
    Projection oProj,
    @Nullable WeightHandle qHeadNorm,
    @Nullable WeightHandle kHeadNorm) {

  /**
   * A matrix and, where the checkpoint has one, its bias.
   *
   * @param weight {@code [out, in]}
   * @param bias {@code [out]}, or null
   */
  public record Projection(WeightHandle weight, @Nullable WeightHandle bias) {}

  /** Checks presence and shapes against a spec. */
  void check(String layer, MlaSpec spec) {
    long hidden = spec.hiddenSize();
    long queries = (long) spec.numHeads() * spec.qkHeadDim();
    long keysAndValues = (long) spec.numHeads() * (spec.qkNopeHeadDim() + spec.vHeadDim());
    LayerParts.presence(
        layer, "q_proj", qProj, !spec.hasQLora(), "qLoraRank = " + spec.qLoraRank());
    LayerParts.presence(
        layer, "q_a_proj", qAProj, spec.hasQLora(), "qLoraRank = " + spec.qLoraRank());
    LayerParts.presence(
        layer, "q_b_proj", qBProj, spec.hasQLora(), "qLoraRank = " + spec.qLoraRank());
    LayerParts.presence(
        layer, "q_a_layernorm", qANorm, spec.qANorm() != null, "qANorm = " + spec.qANorm());
    LayerParts.presence(
        layer, "kv_a_layernorm", kvANorm, spec.kvANorm() != null, "kvANorm = " + spec.kvANorm());
    LayerParts.presence(
        layer, "q_norm", qHeadNorm, spec.qHeadNorm() != null, "qHeadNorm = " + spec.qHeadNorm());
    LayerParts.presence(
        layer, "k_norm", kHeadNorm, spec.kHeadNorm() != null, "kHeadNorm = " + spec.kHeadNorm());
    LayerParts.projection(
        layer, qProj, "[numHeads * (qkNopeHeadDim + qkRopeHeadDim), hiddenSize]", queries, hidden);
    LayerParts.projection(layer, qAProj, "[qLoraRank, hiddenSize]", spec.qLoraRank(), hidden);
    LayerParts.projection(
        layer,
        qBProj,
        "[numHeads * (qkNopeHeadDim + qkRopeHeadDim), qLoraRank]",
        queries,
        spec.qLoraRank());
    LayerParts.projection(
        layer,
        kvAProj,
        "[kvLoraRank + qkRopeHeadDim, hiddenSize]",
        (long) spec.kvLoraRank() + spec.qkRopeHeadDim(),
        hidden);
    LayerParts.projection(
        layer,
        kvBProj,
        "[numHeads * (qkNopeHeadDim + vHeadDim), kvLoraRank]",
        keysAndValues,
        spec.kvLoraRank());
    LayerParts.projection(
        layer,
        oProj,
        "[hiddenSize, numHeads * vHeadDim]",
        hidden,
        (long) spec.numHeads() * spec.vHeadDim());
    LayerParts.vector(layer, qANorm, "[qLoraRank]", spec.qLoraRank());
    LayerParts.vector(layer, kvANorm, "[kvLoraRank]", spec.kvLoraRank());
    LayerParts.vector(layer, qHeadNorm, "[qkNopeHeadDim + qkRopeHeadDim]", spec.qkHeadDim());
    LayerParts.vector(layer, kHeadNorm, "[qkNopeHeadDim + qkRopeHeadDim]", spec.qkHeadDim());
  }

  /** All handles there are. */
  List<WeightHandle> handles() {
    List<WeightHandle> handles = new ArrayList<>();
    for (Projection projection : projections()) {
      addIfGiven(projection.weight(), handles);
      addIfGiven(projection.bias(), handles);
    }
    addIfGiven(qANorm, handles);
    addIfGiven(kvANorm, handles);
    addIfGiven(qHeadNorm, handles);
    addIfGiven(kHeadNorm, handles);
    return List.copyOf(handles);
  }

  /** What a call with these weights and this spec uses beyond the first level of the SPI. */
  Set<String> features(MlaSpec spec) {
    Set<String> features = new LinkedHashSet<>();
    if (spec.qLatentScale() != 1 || spec.kvLatentScale() != 1) {
      features.add(MultiHeadLatentAttention.LATENT_SCALE);
    }
    if (spec.qHeadNorm() != null || spec.kHeadNorm() != null) {
      features.add(MultiHeadLatentAttention.HEAD_NORM);
    }
    if (hasBias()) {
      features.add(MultiHeadLatentAttention.PROJECTION_BIAS);
    }
    return features;
  }

  private boolean hasBias() {
    return projections().stream().anyMatch(projection -> projection.bias() != null);
  }

  private List<Projection> projections() {
    List<Projection> projections = new ArrayList<>(List.of(kvAProj, kvBProj, oProj));
    addIfGiven(qProj, projections);
    addIfGiven(qAProj, projections);
    addIfGiven(qBProj, projections);
    return projections;
  }

  private static <T> void addIfGiven(@Nullable T part, List<T> parts) {
    if (part != null) {
      parts.add(part);
    }
  }
}
