package org.mla4j.benchmarks;

import java.util.SplittableRandom;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.checkpoint.RowSource;

/**
 * Random rows of weights, which BF16 holds without rounding: a model has the same weights in every
 * form it is written in.
 */
final class SyntheticRows {
  private static final double DEVIATION = 0.02;

  /** Rows are drawn once and used again: what they say does not matter. */
  private static final int DRAWN = 97;

  private final float[][] drawn;

  /** Draws rows of at most so many elements. */
  SyntheticRows(int widest) {
    SplittableRandom random = new SplittableRandom(1);
    drawn = new float[DRAWN][widest];
    for (float[] row : drawn) {
      for (int i = 0; i < widest; i++) {
        float value = (float) (DEVIATION * random.nextGaussian());
        row[i] = BFloat16.toFloat(BFloat16.fromFloat(value));
      }
    }
  }

  /** The rows of a tensor, always the same for a name. */
  RowSource of(String name, Shape shape) {
    int width = Math.toIntExact(shape.extent(-1));
    long count = shape.elements() / width;
    return taker -> {
      SplittableRandom choice = new SplittableRandom(name.hashCode());
      float[] row = new float[width];
      for (long i = 0; i < count; i++) {
        System.arraycopy(drawn[choice.nextInt(DRAWN)], 0, row, 0, width);
        taker.accept(row);
      }
    };
  }
}
