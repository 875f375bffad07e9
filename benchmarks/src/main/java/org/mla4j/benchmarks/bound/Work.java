package org.mla4j.benchmarks.bound;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What one call of a benchmark must do at the least, whoever writes the kernel.
 *
 * @param bytes what must be read or written, each byte once
 * @param flops floating-point operations, a product with a sum being two
 */
public record Work(double bytes, double flops) {
  private static final AtomicReference<@Nullable Declared> DECLARED = new AtomicReference<>();

  /**
   * The work of the benchmark that this JVM runs.
   *
   * @param work of one call
   * @param threads how many threads share it
   */
  record Declared(Work work, int threads) {}

  /**
   * Tells {@link BoundProfiler} what the benchmark of this JVM does.
   *
   * @param threads how many threads share the work of one call
   */
  public void declare(int threads) {
    DECLARED.set(new Declared(this, threads));
  }

  /** Returns what was declared; null before. */
  static @Nullable Declared declared() {
    return DECLARED.get();
  }
}
