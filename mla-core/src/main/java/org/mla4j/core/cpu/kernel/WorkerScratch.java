package org.mla4j.core.cpu.kernel;

/**
 * Scratch memory that all kernels of one backend share: per worker one row of floats and one of
 * sums. Kernels of a backend run one after another, so that no model pays for scratch once per
 * layer.
 *
 * <p>What is in it is undefined when a task starts. Threading: reserved by the thread that creates
 * kernels; in a parallel loop each worker uses its own rows.
 */
public final class WorkerScratch {
  private final float[][] rows;
  private final double[][] sums;

  WorkerScratch(int workers) {
    rows = new float[workers][0];
    sums = new double[workers][0];
  }

  /**
   * Makes sure that the rows are long enough. Called when a kernel is created, never while one
   * runs.
   *
   * @param width elements that the kernel needs
   */
  public void reserve(int width) {
    if (rows[0].length >= width) {
      return;
    }
    for (int worker = 0; worker < rows.length; worker++) {
      rows[worker] = new float[width];
      sums[worker] = new double[width];
    }
  }

  /**
   * Returns a worker's row. Ask for it in each task: a kernel created later may have made it
   * longer.
   *
   * @param worker the worker that runs the task
   * @return at least as many elements as were reserved
   */
  public float[] row(int worker) {
    return rows[worker];
  }

  /**
   * Returns a worker's sums. Ask for them in each task: a kernel created later may have made them
   * longer.
   *
   * @param worker the worker that runs the task
   * @return at least as many elements as were reserved
   */
  public double[] sums(int worker) {
    return sums[worker];
  }
}
