package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * Multi-Head Latent Attention with its default forward: norm, rope, cache write, projections and
 * both forms of attention as separate ops.
 *
 * <p>Source of the formulas: DeepSeek-V2 (arXiv 2405.04434), section 2.1; the absorbed form of
 * decode is appendix C's. A layer with a norm of key heads or a bias of the up-projection has the
 * decompressed form only.
 */
public final class MlaLayer {
  private final MultiHeadLatentAttention.Call call;

  private MlaLayer(MultiHeadLatentAttention.Call call) {
    this.call = call;
  }

  /**
   * Adds such a layer to a plan.
   *
   * @param plan takes the nodes
   * @param name last part of the layer's name, for example {@code attn}
   * @param spec dimensions and rules
   * @param weights the weights
   * @param hidden F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}, before the residual is added
   * @throws org.mla4j.api.error.InvalidInputException if a required weight is missing
   * @throws org.mla4j.api.error.ModelException if a weight has another shape than the spec demands
   */
  public static StepValue add(
      PlanBuilder plan, String name, MlaSpec spec, MlaWeights weights, StepValue hidden) {
    PlanBuilder inner = plan.scope(name);
    CacheValue cache = inner.cache("cache", spec.cache());
    StepValue output = inner.buffer("output", F32, ALL, spec.hiddenSize());
    WeightHandle ropeTable = spec.rope() == null ? null : plan.ropeTable(spec.rope());
    var call =
        new MultiHeadLatentAttention.Call(
            plan.name(name), spec, weights, ropeTable, hidden, cache, output);
    plan.layer(call, new MlaLayer(call)::forward);
    return output;
  }

  private void forward(PlanBuilder plan) {
    new MlaForward(call, plan).contribute();
  }
}
