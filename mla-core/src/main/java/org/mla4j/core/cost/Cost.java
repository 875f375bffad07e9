package org.mla4j.core.cost;

/**
 * What a piece of work must compute and read, apart from how well that is done.
 *
 * @param flops floating-point operations: a product and a sum are one each, and so are a quotient,
 *     a root and an exponential
 * @param weightBytes bytes of weights that are read, as the checkpoint stores them; the scales of
 *     blocks that a checkpoint keeps apart are not counted
 * @param cacheBytes bytes of cache rows that are read or written
 */
public record Cost(double flops, double weightBytes, double cacheBytes) {
  /** Nothing. */
  public static final Cost NONE = new Cost(0, 0, 0);

  static Cost flops(double count) {
    return new Cost(count, 0, 0);
  }

  static Cost cache(double bytes) {
    return new Cost(0, 0, bytes);
  }

  /**
   * Adds another piece of work.
   *
   * @param other the other
   * @return both together
   */
  public Cost plus(Cost other) {
    return new Cost(
        flops + other.flops, weightBytes + other.weightBytes, cacheBytes + other.cacheBytes);
  }

  /**
   * Scales it.
   *
   * @param factor how often it is done, or which part of it
   * @return the work
   */
  public Cost times(double factor) {
    return new Cost(flops * factor, weightBytes * factor, cacheBytes * factor);
  }

  /**
   * Returns what goes over the memory bus.
   *
   * @return bytes of weights and cache rows
   */
  public double bytes() {
    return weightBytes + cacheBytes;
  }
}
