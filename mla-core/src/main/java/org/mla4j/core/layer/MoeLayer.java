package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.tensor.DType.F32;
import static org.mla4j.api.tensor.DType.I32;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * A mixture-of-experts layer with its default forward: router, choice, routed experts, shared
 * experts.
 */
public final class MoeLayer {
  private final FusedMoe.Call call;

  private MoeLayer(FusedMoe.Call call) {
    this.call = call;
  }

  /**
   * Adds such a layer to a plan.
   *
   * @param plan takes the nodes
   * @param name last part of the layer's name, for example {@code mlp}
   * @param spec dimensions and routing rule
   * @param router {@code [experts, H]}
   * @param correctionBias {@code [experts]}, or null
   * @param experts the weights of each routed expert
   * @param shared the weights of the shared experts as one MLP, or null for none
   * @param hidden F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}, before the residual is added
   * @throws org.mla4j.api.error.ModelException if a weight has another shape than the spec demands
   */
  public static StepValue add(
      PlanBuilder plan,
      String name,
      MoeSpec spec,
      WeightHandle router,
      @Nullable WeightHandle correctionBias,
      List<Expert> experts,
      @Nullable Expert shared,
      StepValue hidden) {
    StepValue output = plan.scope(name).buffer("output", F32, ALL, spec.hiddenSize());
    var call =
        new FusedMoe.Call(
            plan.name(name), spec, router, correctionBias, experts, shared, hidden, output);
    plan.layer(call, new MoeLayer(call)::forward);
    return output;
  }

  private void forward(PlanBuilder plan) {
    MoeSpec spec = call.spec();
    StepValue logits = plan.buffer("router_logits", F32, ALL, spec.experts());
    StepValue ids = plan.buffer("topk_ids", I32, ALL, spec.topK());
    StepValue weights = plan.buffer("topk_weights", F32, ALL, spec.topK());
    plan.add("gate", ALL, new Linear(call.hidden(), call.router(), null, logits));
    plan.add("choose", ALL, new MoeGate(spec, logits, call.correctionBias(), ids, weights));
    plan.add(
        "experts",
        ALL,
        new RoutedExperts(spec, call.hidden(), ids, weights, call.experts(), call.output()));
    if (call.shared() != null) {
      StepValue shared = GatedMlp.add(plan, "shared_experts", call.shared(), call.hidden());
      plan.add("add_shared", ALL, new Add(call.output(), shared));
    }
  }
}
