package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.value.StepValue;

/** The gated feed-forward layer: {@code down (silu(gate x) * up x)}. */
public final class GatedMlp {
  private GatedMlp() {}

  /**
   * Adds such a layer to a plan.
   *
   * @param plan takes the nodes
   * @param name last part of the layer's name, for example {@code mlp}
   * @param weights gate and up {@code [I, H]}, down {@code [H, I]}
   * @param hidden F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}, before the residual is added
   */
  public static StepValue add(PlanBuilder plan, String name, Expert weights, StepValue hidden) {
    PlanBuilder inner = plan.scope(name);
    long width = weights.gate().shape().extent(0);
    StepValue gateUp = inner.buffer("gate_up", F32, ALL, 2 * width);
    inner.add(
        "gate_proj",
        ALL,
        new Linear(hidden, weights.gate(), null, gateUp.narrow(inner.name("gate"), 0, 0, width)));
    inner.add(
        "up_proj",
        ALL,
        new Linear(hidden, weights.up(), null, gateUp.narrow(inner.name("up"), 0, width, width)));
    StepValue activated = inner.buffer("activated", F32, ALL, width);
    inner.add("act", ALL, new SiluAndMul(gateUp, activated));
    StepValue output = inner.buffer("output", F32, ALL, hidden.rowWidth());
    inner.add("down_proj", ALL, new Linear(activated, weights.down(), null, output));
    return output;
  }
}
