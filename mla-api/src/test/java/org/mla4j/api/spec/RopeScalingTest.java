package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RopeScalingTest {
  @Test
  void mscaleGrowsWithTheLogarithmOfTheScale() {
    assertEquals(1.368887945, RopeScaling.Yarn.mscale(40, 1), 1e-9);
    assertEquals(1.260803777, RopeScaling.Yarn.mscale(40, 0.707), 1e-9);
  }

  @Test
  void mscaleIsOneWithoutScalingOrWithoutFactor() {
    assertEquals(1, RopeScaling.Yarn.mscale(1, 1));
    assertEquals(1, RopeScaling.Yarn.mscale(0.5, 1));
    assertEquals(1, RopeScaling.Yarn.mscale(40, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4096, 32, 1, 1, 1, factor = 0.0; expected a positive finite number",
    "NaN, 4096, 32, 1, 1, 1, factor = NaN; expected a positive finite number",
    "40, 0, 32, 1, 1, 1, originalMaxPositions = 0; expected a positive number",
    "40, 4096, 0, 1, 1, 1, betaFast = 0.0; expected a positive finite number",
    "40, 4096, 32, -1, 1, 1, betaSlow = -1.0; expected a positive finite number",
    "40, 4096, 32, 1, -1, 1, 'mscale = -1.0; expected a finite number, 0 or more'",
    "40, 4096, 32, 1, Infinity, 1, 'mscale = Infinity; expected a finite number, 0 or more'",
    "40, 4096, 32, 1, 1, -1, 'mscaleAllDim = -1.0; expected a finite number, 0 or more'",
    "40, 4096, 32, 1, 1, NaN, 'mscaleAllDim = NaN; expected a finite number, 0 or more'",
  })
  void numbersOutsideTheirRangesAreRefused(
      double factor,
      int positions,
      double betaFast,
      double betaSlow,
      double mscale,
      double mscaleAllDim,
      String problem) {
    assertRefused(
        "RopeScaling.Yarn: " + problem + ". [MLA-0301]",
        () -> new RopeScaling.Yarn(factor, positions, betaFast, betaSlow, mscale, mscaleAllDim));
  }

  @Test
  void longRopeOfAnExtendedContextHasAFactor() {
    assertEquals(1, RopeScaling.LongRope.attentionFactor(4096, 4096));
    assertEquals(1, RopeScaling.LongRope.attentionFactor(2048, 4096));
    // sqrt(1 + ln 32 / ln 4096) = sqrt(1 + 5 / 12)
    assertEquals(Math.sqrt(17 / 12.0), RopeScaling.LongRope.attentionFactor(131072, 4096), 1e-15);
  }

  @Test
  void longRopeHasAsManyFactorsForLongContextsAsForShortOnes() {
    assertRefused(
        "RopeScaling.LongRope: 2 short factors and 1 long ones; expected as many. [MLA-0301]",
        () -> new RopeScaling.LongRope(List.of(1.0, 2.0), List.of(1.0), 8, 1));
  }

  @Test
  void longRopeHasPositiveNumbers() {
    List<Double> one = List.of(1.0);
    assertRefused(
        "RopeScaling.LongRope: a short factor = 0.0; expected a positive finite number."
            + " [MLA-0301]",
        () -> new RopeScaling.LongRope(List.of(0.0), one, 8, 1));
    assertRefused(
        "RopeScaling.LongRope: a long factor = NaN; expected a positive finite number. [MLA-0301]",
        () -> new RopeScaling.LongRope(one, List.of(Double.NaN), 8, 1));
    assertRefused(
        "RopeScaling.LongRope: originalMaxPositions = 0; expected a positive number. [MLA-0301]",
        () -> new RopeScaling.LongRope(one, one, 0, 1));
    assertRefused(
        "RopeScaling.LongRope: attentionFactor = 0.0; expected a positive finite number."
            + " [MLA-0301]",
        () -> new RopeScaling.LongRope(one, one, 8, 0));
  }
}
