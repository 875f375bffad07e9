package org.mla4j.core.testing;

import java.util.SplittableRandom;

/** Numbers drawn from a seed: the same on every machine. */
public final class RandomData {
  private final SplittableRandom random;

  public RandomData(long seed) {
    random = new SplittableRandom(seed);
  }

  public float[] normal(int count) {
    return normal(count, 1);
  }

  public float[] normal(int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  public void bytes(byte[] bytes) {
    random.nextBytes(bytes);
  }

  /** From 0 to bound - 1. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** The numbers 0 to count - 1 in some order. */
  public int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }
}
