package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RopeSpecTest {
  private static final int ORIGINAL_POSITIONS = 4096;

  private static RopeSpec rope(int dim, double theta, int maxPositions) {
    return new RopeSpec(dim, theta, RopeStyle.NEOX, new RopeScaling.None(), maxPositions);
  }

  /** DeepSeek-V3 with the given rule for cos and sin. */
  private static RopeSpec deepseek(double mscale, double mscaleAllDim) {
    return new RopeSpec(
        64,
        10000,
        RopeStyle.INTERLEAVED,
        new RopeScaling.Yarn(40, ORIGINAL_POSITIONS, 32, 1, mscale, mscaleAllDim),
        40 * ORIGINAL_POSITIONS);
  }

  @Nested
  class WithoutScaling {
    @Test
    void frequenciesFallGeometrically() {
      assertArrayEquals(
          new double[] {1, 0.1, 0.01, 0.001}, rope(8, 10000, 1).inverseFrequencies(), 1e-15);
    }

    @Test
    void cosAndSinAreAsTheyAre() {
      assertEquals(1, rope(8, 10000, 1).attentionFactor());
    }
  }

  /** Base 10000, factor 40, 4096 positions, beta 32 and 1, width 64, in double precision. */
  @Nested
  class Yarn {
    private final double[] frequencies = deepseek(1, 1).inverseFrequencies();

    @Test
    void everyPairHasAFrequency() {
      assertEquals(32, frequencies.length);
    }

    @ParameterizedTest(name = "pair {0}")
    @CsvSource({
      "0, 1.0",
      "1, 7.498942093e-1",
      "9, 7.498942093e-2",
      "10, 5.623413252e-2", // corr(32) = 10.47: the last that is kept
      "11, 3.900692657e-2",
      "15, 8.334508951e-3",
      "16, 5.5e-3",
      "22, 1.778279410e-4",
      "23, 3.333803580e-5", // corr(1) = 22.51: the first that is divided by 40
      "24, 2.5e-5",
      "31, 3.333803580e-6",
    })
    void frequenciesAreTheReferences(int pair, double expected) {
      assertEquals(expected, frequencies[pair], expected * 1e-9);
    }

    @Test
    void equalScalesLeaveCosAndSinAsTheyAre() {
      assertEquals(1, deepseek(1, 1).attentionFactor());
      assertEquals(1, deepseek(0.707, 0.707).attentionFactor());
    }

    @Test
    void differentScalesShowInCosAndSin() {
      assertEquals(1.368887945, deepseek(1, 0).attentionFactor(), 1e-9);
      assertEquals(1.085726399, deepseek(1, 0.707).attentionFactor(), 1e-9);
    }

    /** corr(1e6) = -0.8 and corr(1) = 5.2: the ramp is cut to pairs 0 to 3, the width less one. */
    @Test
    void theRampStaysWithinTheWidth() {
      RopeScaling.Yarn yarn = new RopeScaling.Yarn(4, 1_000_000, 1e6, 1, 1, 1);
      RopeSpec spec = new RopeSpec(4, 100, RopeStyle.NEOX, yarn, 16);
      double oneThirdScaled = 0.1 / 4 / 3 + 0.1 * 2 / 3;
      assertArrayEquals(new double[] {1, oneThirdScaled}, spec.inverseFrequencies(), 1e-12);
    }

    /** corr(2) = -0.5, so that the ramp starts and ends at pair 0. */
    @Test
    void aRampOfNoWidthIsAStep() {
      RopeScaling.Yarn yarn = new RopeScaling.Yarn(4, 4, 2, 2, 1, 1);
      RopeSpec spec = new RopeSpec(4, 100, RopeStyle.NEOX, yarn, 16);
      assertArrayEquals(new double[] {1, 0.1 / 4}, spec.inverseFrequencies(), 1e-12);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -2})
  void widthIsPositive(int dim) {
    assertRefused(
        "RopeSpec: dim = " + dim + "; expected a positive number. [MLA-0301]",
        () -> rope(dim, 10000, 1));
  }

  @Test
  void widthIsEven() {
    assertRefused(
        "RopeSpec: dim = 63; expected an even number, since elements turn in pairs. [MLA-0301]",
        () -> rope(63, 10000, 1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void thetaIsPositiveAndFinite(double theta) {
    assertRefused(
        "RopeSpec: theta = " + theta + "; expected a positive finite number. [MLA-0301]",
        () -> rope(64, theta, 1));
  }

  @Test
  void hasPositions() {
    assertRefused(
        "RopeSpec: maxPositions = 0; expected a positive number. [MLA-0301]",
        () -> rope(64, 10000, 0));
  }

  /** A table as long as the original training has the short factors, a longer one the long ones. */
  @Test
  void longRopeGoesByTheLengthOfTheTable() {
    var scaling = new RopeScaling.LongRope(List.of(1.0, 2.0), List.of(4.0, 8.0), 16, 1.25);
    RopeSpec rope = new RopeSpec(4, 100, RopeStyle.NEOX, scaling, 64);
    assertArrayEquals(new double[] {1, 0.05}, rope.inverseFrequencies(16), 1e-15);
    assertArrayEquals(new double[] {0.25, 0.0125}, rope.inverseFrequencies(17), 1e-15);
    assertArrayEquals(rope.inverseFrequencies(64), rope.inverseFrequencies());
    assertEquals(1.25, rope.attentionFactor());
  }

  @Test
  void longRopeHasAFactorForEachPair() {
    var scaling = new RopeScaling.LongRope(List.of(1.0, 2.0), List.of(4.0, 8.0), 16, 1);
    assertRefused(
        "RopeSpec: 2 factors of frequencies; expected dim / 2 = 4. [MLA-0301]",
        () -> new RopeSpec(8, 100, RopeStyle.NEOX, scaling, 64));
  }
}
