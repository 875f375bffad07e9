package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.tensor.DType.F32;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.GqaWeights;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * Grouped-query attention with its default forward: projections, norms of heads, rope, attention
 * with its cache write, output projection as separate ops.
 */
public final class GqaLayer {
  private final GroupedQueryAttention.Call call;

  private GqaLayer(GroupedQueryAttention.Call call) {
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
      PlanBuilder plan, String name, GqaSpec spec, GqaWeights weights, StepValue hidden) {
    PlanBuilder inner = plan.scope(name);
    CacheValue cache = inner.cache("cache", spec.cache());
    StepValue output = inner.buffer("output", F32, ALL, spec.hiddenSize());
    WeightHandle ropeTable = spec.rope() == null ? null : plan.ropeTable(spec.rope());
    var call =
        new GroupedQueryAttention.Call(
            plan.name(name), spec, weights, ropeTable, hidden, cache, output);
    plan.layer(call, new GqaLayer(call)::forward);
    return output;
  }

  private void forward(PlanBuilder plan) {
    GqaSpec spec = call.spec();
    GqaWeights weights = call.weightsByRole();
    StepValue q = heads(plan, "q", weights.qProj(), spec.numHeads());
    StepValue k = heads(plan, "k", weights.kProj(), spec.numKeyHeads());
    StepValue v = heads(plan, "v", weights.vProj(), spec.numKeyHeads());
    norm(plan, "q_norm", spec.qHeadNorm(), weights.qHeadNorm(), q);
    norm(plan, "k_norm", spec.kHeadNorm(), weights.kHeadNorm(), k);
    if (spec.rope() != null) {
      WeightHandle table = Objects.requireNonNull(call.ropeTable());
      plan.add("rotary_emb", ALL, new RotaryEmbedding(q, k, table, spec.rope().style()));
    }
    StepValue attended = plan.buffer("attn_out", F32, ALL, spec.numHeads(), spec.headDim());
    plan.add("attention", ALL, new GqaAttention(q, k, v, call.cache(), spec.scale(), attended));
    StepValue flat = attended.reshape(plan.name("attn_heads_out"), attended.rowWidth());
    Projection output = weights.oProj();
    plan.add("o_proj", ALL, new Linear(flat, output.weight(), output.bias(), call.output()));
  }

  private StepValue heads(PlanBuilder plan, String name, Projection projection, int heads) {
    StepValue out = plan.buffer(name, F32, ALL, heads, call.spec().headDim());
    plan.add(
        name + "_proj",
        ALL,
        new Linear(call.hidden(), projection.weight(), projection.bias(), out));
    return out;
  }

  private static void norm(
      PlanBuilder plan,
      String name,
      @Nullable NormSpec norm,
      @Nullable WeightHandle weight,
      StepValue heads) {
    if (norm != null) {
      WeightHandle given = Objects.requireNonNull(weight);
      plan.add(name, ALL, new RmsNorm(heads, given, norm.eps(), 1, heads));
    }
  }
}
