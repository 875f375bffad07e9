package org.mla4j.core.cpu.kernel;

import org.mla4j.api.backend.ParallelFor;

/**
 * Splits rows into tasks for kernels that do little per element: below some amount of work one task
 * is faster than waking the other threads.
 */
public final class RowTasks implements ParallelFor.Body {
  private static final int ELEMENTS_PER_TASK = 16 * 1024;

  private final ParallelFor parallel;
  private final int rowsPerTask;
  private int rows;

  @SuppressWarnings("NullAway.Init") // set by run before a task runs
  private ParallelFor.Body body;

  private RowTasks(ParallelFor parallel, int rowsPerTask) {
    this.parallel = parallel;
    this.rowsPerTask = rowsPerTask;
  }

  /**
   * Splits by work.
   *
   * @param parallel the threads
   * @param width elements that a row costs
   * @return the splitter
   */
  public static RowTasks ofWidth(ParallelFor parallel, int width) {
    return new RowTasks(parallel, Math.max(1, ELEMENTS_PER_TASK / width));
  }

  /**
   * Returns how many rows a task has.
   *
   * @return rows
   */
  public int rowsPerTask() {
    return rowsPerTask;
  }

  /**
   * Runs rows 0 to {@code rows - 1}.
   *
   * @param rows how many
   * @param body runs one row
   */
  public void run(int rows, ParallelFor.Body body) {
    this.rows = rows;
    this.body = body;
    parallel.run(Math.ceilDiv(rows, rowsPerTask), this);
  }

  @Override
  public void run(int task, int worker) {
    int end = Math.min(rows, (task + 1) * rowsPerTask);
    for (int row = task * rowsPerTask; row < end; row++) {
      body.run(row, worker);
    }
  }
}
