package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code add}: one task per row. */
final class ScalarAdd implements Kernel, ParallelFor.Body {
  private final LiveRows x;
  private final LiveRows y;
  private final int width;
  private final ParallelFor parallel;

  ScalarAdd(Add op, Bindings bindings, CpuContext context) {
    x = new LiveRows(bindings.tensor(op.x()));
    y = new LiveRows(bindings.tensor(op.y()));
    width = op.x().rowWidth();
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    x.begin(step);
    y.begin(step);
    parallel.run(x.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    for (int i = 0; i < width; i++) {
      x.set(row, i, x.get(row, i) + y.get(row, i));
    }
  }
}
