package org.mla4j.core.cpu.simd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Runs kernels until the JIT compiler has turned them into vector code. Before that they are some
 * hundred times slower: the weights of a model would take long to get there, since the compiler
 * counts calls, not work. And what it compiles in the middle of a step, with all else that a step
 * runs in its profile, now and then keeps making objects of vectors.
 */
public final class WarmUp {
  /** Columns of a long call: loops must be seen to go round as often as on weights of models. */
  public static final int COLUMNS = 512;

  /** More than the calls after which the JVM first compiles, and counts from then on. */
  private static final int SHORT_CALLS = 300;

  /** Calls between two looks at the clock. */
  private static final int LONG_CALLS = 100;

  /**
   * Nanoseconds that a column takes at most as vector code, unless much is done to it: about one,
   * and forty before if all that a kernel does is to copy it.
   */
  public static final int FAST_NANOS = 8;

  /** When to give up: there may be no vector code on this machine. */
  private static final long MOST_NANOS = 10_000_000_000L;

  private boolean givenUp;

  /**
   * A kernel.
   *
   * @param fewColumns as few as it takes
   * @param manyColumns as many as are common, or somewhat fewer
   * @param fastNanos nanoseconds that a column takes at most as vector code, on any machine
   * @param call calls it for so many columns
   */
  public record Kernel(int fewColumns, int manyColumns, int fastNanos, IntConsumer call) {
    private void runShort() {
      for (int i = 0; i < SHORT_CALLS; i++) {
        call.accept(fewColumns);
      }
    }

    /** Whether it is vector code by now. */
    private boolean runLong() {
      long start = System.nanoTime();
      for (int i = 0; i < LONG_CALLS; i++) {
        call.accept(manyColumns);
      }
      return System.nanoTime() - start < (long) fastNanos * LONG_CALLS * manyColumns;
    }
  }

  /** Starts with a machine of which nothing is known. */
  public WarmUp() {}

  /**
   * Warms kernels up, in turns: while one is compiled, others are counted. Does nothing once that
   * has taken too long.
   *
   * @param kernels that were not warm
   */
  public void run(List<Kernel> kernels) {
    long start = System.nanoTime();
    List<Kernel> cold = new ArrayList<>(givenUp ? List.of() : kernels);
    cold.forEach(Kernel::runShort);
    while (!cold.isEmpty() && !givenUp) {
      cold.removeIf(Kernel::runLong);
      givenUp = System.nanoTime() - start > MOST_NANOS;
    }
  }
}
