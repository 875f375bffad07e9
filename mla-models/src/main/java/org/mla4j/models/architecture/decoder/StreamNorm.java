package org.mla4j.models.architecture.decoder;

import static org.mla4j.api.tensor.DType.F32;

import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.architecture.WeightSource;

/** The norms of the residual stream: all of one width and one epsilon. */
record StreamNorm(int hiddenSize, double eps) {
  /** Adds one of them to a plan; returns the normed rows, times a factor. */
  StepValue add(
      PlanBuilder plan, WeightSource source, String name, Rows rows, StepValue x, double factor) {
    WeightHandle weight = source.in(name).tensor("weight", "[hidden_size]", hiddenSize);
    StepValue out = plan.buffer(name + "_out", F32, rows, hiddenSize);
    plan.add(name, rows, new RmsNorm(x, weight, eps, factor, out));
    return out;
  }
}
