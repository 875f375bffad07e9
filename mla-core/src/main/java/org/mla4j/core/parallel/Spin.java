package org.mla4j.core.parallel;

import java.util.function.Predicate;

/** Busy waiting for a short while. */
final class Spin {
  /**
   * Longer than the serial part between two kernels of a step, shorter than what sampling or a user
   * leaves idle.
   */
  private static final long NANOS = 50_000;

  private static final int CHECKS_PER_CLOCK_READ = 32;

  private Spin() {}

  /**
   * Spins until a condition holds, but not for long.
   *
   * @param subject what the condition is about
   * @param condition a check of volatile state; a lambda that captures nothing, so that waiting
   *     does not allocate
   * @return whether the condition held
   */
  static <T> boolean until(T subject, Predicate<? super T> condition) {
    long start = System.nanoTime();
    do {
      for (int i = 0; i < CHECKS_PER_CLOCK_READ; i++) {
        if (condition.test(subject)) {
          return true;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() - start < NANOS);
    return false;
  }
}
