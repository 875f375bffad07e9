package org.mla4j.api.backend;

/**
 * The threads of an engine, as kernels see them. There are no others: kernels never start threads
 * or use a common pool.
 *
 * <p>Threading: {@link #run} is called from {@code create}, {@code prepare} and {@code forward}, by
 * the thread that calls those, and not from within a task.
 */
public interface ParallelFor {
  /**
   * Returns how many tasks can run at once, the caller included.
   *
   * @return at least 1
   */
  int threads();

  /**
   * Runs tasks 0 to {@code tasks - 1} and returns when all are done. Does not allocate. Which
   * worker runs a task is not specified, so results must not depend on it.
   *
   * @param tasks how many; 0 does nothing
   * @param body what to run
   * @throws RuntimeException the first failure of a task, after all tasks that had started are done
   */
  void run(int tasks, Body body);

  /**
   * The body of a parallel loop. Kernels implement it themselves, so that a call makes no new
   * object.
   */
  @FunctionalInterface
  interface Body {
    /**
     * Runs one task.
     *
     * @param task its index
     * @param worker the thread that runs it, 0 to {@link ParallelFor#threads()} - 1; no two tasks
     *     with one worker run at once, so it may index scratch memory
     */
    void run(int task, int worker);
  }
}
