package org.mla4j.core.cpu.kernel;

/**
 * A kernel with one task for each live row of its values: task i reads and writes row i only. So
 * several of them may take a row in turn before any of them takes the next.
 */
public interface RowKernel extends TaskKernel {
  /**
   * Returns how many rows are worth another thread.
   *
   * @return at least 1
   */
  int rowsPerTask();
}
