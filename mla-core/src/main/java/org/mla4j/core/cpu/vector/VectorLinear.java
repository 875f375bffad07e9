package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.TaskKernel;

/** {@code linear}: one task per block of outputs. */
final class VectorLinear implements TaskKernel {
  private final Operand x;
  private final WeightMatrix weight;
  private final Bias bias;
  private final Operand out;
  private final MatrixProduct product;
  private final ParallelFor parallel;

  VectorLinear(Linear op, Bindings bindings, CpuContext context, Scratch scratch) {
    x = Operand.of(bindings.tensor(op.x()));
    weight = WeightMatrix.of(op.weight(), context, scratch);
    bias = Bias.of(op, context);
    out = Operand.of(bindings.tensor(op.out()));
    product = new MatrixProduct(weight, scratch);
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    out.begin(step);
    return product.blocks(weight.rows());
  }

  @Override
  public void run(int task, int worker) {
    int first = task * product.blockRows();
    int rows = Math.min(product.blockRows(), weight.rows() - first);
    product.multiply(weight, first, rows, x, 0, out, 4L * first, 0, out.count(), worker);
    bias.addTo(out, first, rows);
  }
}
