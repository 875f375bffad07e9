package org.mla4j.core.testing;

import org.junit.jupiter.api.Assertions;

/**
 * Comparison of arrays with a bound relative to the largest expected magnitude, as golden data
 * wants it.
 */
public final class Close {
  private Close() {}

  /**
   * Checks that no element differs by more than {@code bound} times the largest expected magnitude.
   */
  public static void assertClose(float[] expected, float[] actual, double bound, String what) {
    Assertions.assertEquals(expected.length, actual.length, what + ": number of elements");
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      // Written so that a NaN fails.
      if (!(Math.abs(expected[i] - actual[i]) <= bound * largest)) {
        Assertions.fail(
            what
                + ": element "
                + i
                + ": expected "
                + expected[i]
                + ", found "
                + actual[i]
                + ", bound "
                + bound * largest);
      }
    }
  }
}
