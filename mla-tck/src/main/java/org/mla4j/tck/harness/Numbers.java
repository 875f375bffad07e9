package org.mla4j.tck.harness;

import java.util.SplittableRandom;

/** Random numbers that depend on what they are for, and on nothing else. */
public final class Numbers {
  private Numbers() {}

  /** Normal numbers of a place, such as a token's row of a value. */
  public static double[] normal(int count, double deviation, long... place) {
    SplittableRandom random = new SplittableRandom(mix(place));
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (deviation * random.nextGaussian());
    }
    return numbers;
  }

  /** A generator of a place. */
  public static SplittableRandom random(long... place) {
    return new SplittableRandom(mix(place));
  }

  /** The numbers {@code from} to {@code from + count - 1} in random order. */
  public static int[] permutation(int from, int count, long... place) {
    SplittableRandom random = random(place);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int at = random.nextInt(i + 1);
      order[i] = order[at];
      order[at] = from + i;
    }
    return order;
  }

  private static long mix(long... place) {
    long mixed = 1;
    for (long part : place) {
      mixed = (mixed ^ part) * 0x9E3779B97F4A7C15L;
      mixed ^= mixed >>> 29;
    }
    return mixed;
  }
}
