package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code add}: one task per few rows. */
final class VectorAdd implements Kernel, ParallelFor.Body {
  private final Operand x;
  private final Operand y;
  private final int width;
  private final RowTasks tasks;

  VectorAdd(Add op, Bindings bindings, CpuContext context) {
    x = Operand.of(bindings.tensor(op.x()));
    y = Operand.of(bindings.tensor(op.y()));
    width = op.x().rowWidth();
    tasks = new RowTasks(context.engine().parallel(), width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    y.begin(step);
    tasks.run(x.count(), this);
  }

  @Override
  public void run(int task, int worker) {
    for (int row = tasks.first(task); row < tasks.end(task); row++) {
      F32Format.INSTANCE.addScaled(y.segment(), y.at(row), width, 1, x.segment(), x.at(row));
    }
  }
}
