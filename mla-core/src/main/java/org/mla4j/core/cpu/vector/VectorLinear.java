package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.TaskKernel;

/** {@code linear}: one task per block of outputs. */
final class VectorLinear implements TaskKernel {
  private final Operand x;
  private final WeightMatrix weight;
  private final @Nullable Tensor bias;
  private final Operand out;
  private final MatrixProduct product;
  private final ParallelFor parallel;

  VectorLinear(Linear op, Bindings bindings, CpuContext context, Scratch scratch) {
    x = Operand.of(bindings.tensor(op.x()));
    weight = WeightMatrix.of(op.weight(), context, scratch);
    bias = op.bias() == null ? null : context.weights().widened(op.bias());
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
    if (bias != null) {
      addBias(bias, first, rows);
    }
  }

  private void addBias(Tensor bias, int first, int rows) {
    MemorySegment values = bias.segment();
    for (int token = 0; token < out.count(); token++) {
      for (int row = first; row < first + rows; row++) {
        long at = out.at(token) + 4L * row;
        float value = values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, bias.byteOffset() + 4L * row);
        float sum = out.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        out.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, sum + value);
      }
    }
  }
}
