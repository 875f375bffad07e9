package org.mla4j.tck.plain;

import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;

/** A kernel whose rows do not depend on each other: each is one task. */
abstract class RowKernel implements Kernel, ParallelFor.Body {
  private final PlainContext context;
  private final ParallelFor parallel;
  private final Rows rows;
  private @Nullable StepDescription current;
  private byte @Nullable [] garbage;

  RowKernel(PlainContext context, Rows rows) {
    this.context = context;
    this.parallel = context.engine().parallel();
    this.rows = rows;
  }

  /** Computes one live row. */
  abstract void row(StepDescription step, int row, int worker);

  /** What is done before the first row. */
  void begin(StepDescription step) {}

  /** How many rows are computed. */
  int rows(StepDescription step) {
    return step.count(rows);
  }

  /** The kind of rows that are computed. */
  final Rows kind() {
    return rows;
  }

  @Override
  public final void forward(StepDescription step, Queue queue) {
    if (context.wrong(Mistake.ALLOCATES_IN_FORWARD)) {
      garbage = new byte[64];
    }
    if (context.wrong(Mistake.PREPARED_FOR_ONE_KERNEL) && !context.prepared().getAndSet(false)) {
      return;
    }
    current = step;
    begin(step);
    if (context.wrong(Mistake.STARTS_A_THREAD)) {
      runElsewhere(step);
    } else {
      parallel.run(rows(step), this);
    }
    current = null;
    if (context.wrong(Mistake.STEP_WRITTEN)) {
      step.tokenIds().setAtIndex(ValueLayout.JAVA_INT, 0, step.tokenId(0) + 1);
    }
  }

  @Override
  public final String describe() {
    return context.wrong(Mistake.DESCRIBES_NOTHING) ? "" : getClass().getSimpleName();
  }

  private void runElsewhere(StepDescription step) {
    Thread thread =
        new Thread(
            () -> {
              for (int row = 0; row < rows(step); row++) {
                row(step, row, 0);
              }
            },
            "plain-kernel");
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public final void run(int task, int worker) {
    StepDescription step = current;
    if (step != null) {
      row(step, task, worker);
    }
  }
}
