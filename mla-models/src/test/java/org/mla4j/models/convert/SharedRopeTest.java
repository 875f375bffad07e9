package org.mla4j.models.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.RealVector;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SharedRopeTest {
  /** Two heads of two pairs each. */
  private static final GqaShape SHAPE = new GqaShape(1, 8, 4, 2, 4, 10_000, 64, false);

  private final SplittableRandom random = new SplittableRandom(3);

  /** Keys whose heads are independent, or the second a complex multiple of the first. */
  private float[] keys(boolean multiple) {
    float[] row = new float[16];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) (random.nextDouble() - 0.5);
    }
    for (int pair = 0; multiple && pair < 2; pair++) {
      float re = row[pair];
      float im = row[pair + 2];
      // times 0.6 - 1.3 i
      row[4 + pair] = 0.6f * re + 1.3f * im;
      row[6 + pair] = 0.6f * im - 1.3f * re;
    }
    return row;
  }

  private Moments moments(boolean multiple) {
    Moments moments = new Moments(SHAPE);
    for (int token = 0; token < 200; token++) {
      moments.addKeysAndValues(keys(multiple));
      float[] queries = new float[16];
      for (int i = 0; i < queries.length; i++) {
        queries[i] = (float) random.nextDouble();
      }
      moments.addQueries(queries);
    }
    return moments;
  }

  @Test
  @DisplayName("heads that are complex multiples of one need no more than one rotary key")
  void complexMultiplesAreExact() {
    SharedRope rope = SharedRope.of(SHAPE, moments(true), 2, 1);
    assertTrue(rope.exact(), "energy " + rope.energy());
    float[] row = keys(true);
    RealVector key = new ArrayRealVector(8);
    for (int i = 0; i < 8; i++) {
      key.setEntry(i, row[i]);
    }
    RealVector back = rope.spread().operate(rope.project().operate(key));
    assertEquals(0, back.subtract(key).getNorm(), 1e-5);
  }

  @Test
  @DisplayName("independent heads lose what the second component has")
  void independentHeadsLose() {
    SharedRope rope = SharedRope.of(SHAPE, moments(false), 2, 1);
    assertFalse(rope.exact());
    assertTrue(rope.energy() > 0.5 && rope.energy() < 0.8, "energy " + rope.energy());
  }

  @Test
  @DisplayName("rotating the shared key rotates what it gives every head")
  void rotationPassesThrough() {
    SharedRope rope = SharedRope.of(SHAPE, moments(false), 2, 1);
    RealVector shared = new ArrayRealVector(new double[] {0.3, -0.8, 1.1, 0.2});
    double[] angles = {0.7, -1.9};
    RealVector turned = shared.copy();
    for (int pair = 0; pair < 2; pair++) {
      turn(turned, 2 * pair, 2 * pair + 1, angles[pair]);
    }
    RealVector expected = rope.spread().operate(shared);
    for (int head = 0; head < 2; head++) {
      for (int pair = 0; pair < 2; pair++) {
        turn(expected, 4 * head + pair, 4 * head + pair + 2, angles[pair]);
      }
    }
    assertEquals(0, rope.spread().operate(turned).subtract(expected).getNorm(), 1e-12);
  }

  private static void turn(RealVector vector, int real, int imaginary, double angle) {
    double x = vector.getEntry(real);
    double y = vector.getEntry(imaginary);
    vector.setEntry(real, x * Math.cos(angle) - y * Math.sin(angle));
    vector.setEntry(imaginary, y * Math.cos(angle) + x * Math.sin(angle));
  }
}
