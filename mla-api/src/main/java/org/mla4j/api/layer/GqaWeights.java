package org.mla4j.api.layer;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.weight.WeightHandle;

/**
 * The weights of a grouped-query attention layer by role. Symbols as in {@link GqaSpec}.
 *
 * @param qProj {@code [N D, H]}
 * @param kProj {@code [G D, H]}
 * @param vProj {@code [G D, H]}
 * @param oProj {@code [H, N D]}
 * @param qHeadNorm {@code [D]}; null without a norm of query heads
 * @param kHeadNorm {@code [D]}; null without a norm of key heads
 */
public record GqaWeights(
    Projection qProj,
    Projection kProj,
    Projection vProj,
    Projection oProj,
    @Nullable WeightHandle qHeadNorm,
    @Nullable WeightHandle kHeadNorm) {

  /** Checks presence and shapes against a spec. */
  void check(String layer, GqaSpec spec) {
    long hidden = spec.hiddenSize();
    long queries = (long) spec.numHeads() * spec.headDim();
    long keys = (long) spec.numKeyHeads() * spec.headDim();
    LayerParts.presence(
        layer, "q_norm", qHeadNorm, spec.qHeadNorm() != null, "qHeadNorm = " + spec.qHeadNorm());
    LayerParts.presence(
        layer, "k_norm", kHeadNorm, spec.kHeadNorm() != null, "kHeadNorm = " + spec.kHeadNorm());
    LayerParts.projection(layer, qProj, "[numHeads * headDim, hiddenSize]", queries, hidden);
    LayerParts.projection(layer, kProj, "[numKeyHeads * headDim, hiddenSize]", keys, hidden);
    LayerParts.projection(layer, vProj, "[numKeyHeads * headDim, hiddenSize]", keys, hidden);
    LayerParts.projection(layer, oProj, "[hiddenSize, numHeads * headDim]", hidden, queries);
    LayerParts.vector(layer, qHeadNorm, "[headDim]", spec.headDim());
    LayerParts.vector(layer, kHeadNorm, "[headDim]", spec.headDim());
  }

  /** All handles there are. */
  List<WeightHandle> handles() {
    List<WeightHandle> handles = new ArrayList<>();
    for (Projection projection : List.of(qProj, kProj, vProj, oProj)) {
      handles.add(projection.weight());
      addIfGiven(projection.bias(), handles);
    }
    addIfGiven(qHeadNorm, handles);
    addIfGiven(kHeadNorm, handles);
    return List.copyOf(handles);
  }

  private static void addIfGiven(@Nullable WeightHandle handle, List<WeightHandle> handles) {
    if (handle != null) {
      handles.add(handle);
    }
  }
}
