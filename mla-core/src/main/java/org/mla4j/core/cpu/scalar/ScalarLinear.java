package org.mla4j.core.cpu.scalar;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.TaskKernel;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * {@code linear}: one task per few rows of the weight, each of which is widened once for all
 * tokens.
 */
final class ScalarLinear implements TaskKernel {
  private static final int OUTPUTS_PER_TASK = 16;

  private final LiveRows x;
  private final WeightRows weight;
  private final @Nullable WidenedWeight bias;
  private final LiveRows out;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  ScalarLinear(Linear op, Bindings bindings, CpuContext context) {
    x = new LiveRows(bindings.tensor(op.x()));
    weight = WeightRows.of(op.weight(), context);
    bias = op.bias() == null ? null : WidenedWeight.of(op.bias(), context);
    out = new LiveRows(bindings.tensor(op.out()));
    parallel = context.engine().parallel();
    scratch = context.scratch();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    out.begin(step);
    return Math.ceilDiv(weight.rows(), OUTPUTS_PER_TASK);
  }

  @Override
  public void run(int task, int worker) {
    int first = task * OUTPUTS_PER_TASK;
    int end = Math.min(first + OUTPUTS_PER_TASK, weight.rows());
    float[] weights = scratch.row(worker);
    for (int output = first; output < end; output++) {
      weight.widen(output, weights);
      double offset = bias == null ? 0 : bias.get(output);
      for (int row = 0; row < out.count(); row++) {
        out.set(row, output, x.dot(row, weights, weight.columns()) + offset);
      }
    }
  }
}
