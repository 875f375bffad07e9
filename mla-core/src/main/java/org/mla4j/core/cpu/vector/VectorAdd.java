package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.RowTasks;

/** {@code add}: one task per few rows. */
final class VectorAdd implements RowKernel {
  private final Operand x;
  private final Operand y;
  private final int width;
  private final float factor;
  private final RowTasks tasks;

  VectorAdd(Add op, Bindings bindings, CpuContext context) {
    x = Operand.of(bindings.tensor(op.x()));
    y = Operand.of(bindings.tensor(op.y()));
    width = op.x().rowWidth();
    factor = (float) op.factor();
    tasks = RowTasks.ofWidth(context.engine().parallel(), width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tasks.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    y.begin(step);
    return x.count();
  }

  @Override
  public int rowsPerTask() {
    return tasks.rowsPerTask();
  }

  @Override
  public void run(int row, int worker) {
    F32Format.INSTANCE.addScaled(y.segment(), y.at(row), width, factor, x.segment(), x.at(row));
  }
}
