package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.ParallelFor;

/**
 * Splits rows into tasks for kernels that do little per element: below some amount of work one task
 * is faster than waking the other threads.
 */
final class RowTasks {
  private static final int ELEMENTS_PER_TASK = 16 * 1024;

  private final ParallelFor parallel;
  private final int rowsPerTask;
  private int rows;

  RowTasks(ParallelFor parallel, int width) {
    this.parallel = parallel;
    rowsPerTask = Math.max(1, ELEMENTS_PER_TASK / width);
  }

  void run(int rows, ParallelFor.Body body) {
    this.rows = rows;
    parallel.run(Math.ceilDiv(rows, rowsPerTask), body);
  }

  /** First row of a task. */
  int first(int task) {
    return task * rowsPerTask;
  }

  /** Row after the last row of a task. */
  int end(int task) {
    return Math.min(rows, (task + 1) * rowsPerTask);
  }
}
