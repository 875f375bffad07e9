package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code select_rows}: one task per selected row. */
final class ScalarSelectRows implements Kernel, ParallelFor.Body {
  private final LiveRows x;
  private final LiveRows out;
  private final int width;
  private final ParallelFor parallel;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarSelectRows(SelectRows op, Bindings bindings, CpuContext context) {
    x = new LiveRows(bindings.tensor(op.x()));
    out = new LiveRows(bindings.tensor(op.out()));
    width = op.out().rowWidth();
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    x.begin(step);
    out.begin(step);
    parallel.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    int token = step.logitToken(row);
    for (int i = 0; i < width; i++) {
      out.set(row, i, x.get(token, i));
    }
  }
}
