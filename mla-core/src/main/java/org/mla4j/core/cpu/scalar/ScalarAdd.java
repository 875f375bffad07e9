package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;

/** {@code add}: one task per row. */
final class ScalarAdd implements RowKernel {
  private final LiveRows x;
  private final LiveRows y;
  private final int width;
  private final float factor;
  private final ParallelFor parallel;

  ScalarAdd(Add op, Bindings bindings, CpuContext context) {
    x = new LiveRows(bindings.tensor(op.x()));
    y = new LiveRows(bindings.tensor(op.y()));
    width = op.x().rowWidth();
    factor = (float) op.factor();
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    y.begin(step);
    return x.count();
  }

  @Override
  public int rowsPerTask() {
    return 1;
  }

  @Override
  public void run(int row, int worker) {
    for (int i = 0; i < width; i++) {
      x.set(row, i, Math.fma(factor, y.get(row, i), x.get(row, i)));
    }
  }
}
