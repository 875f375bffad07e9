package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A head of DeepSeek is 192 wide: 128 without rope, 64 with. */
class SoftmaxScaleTest {
  @Test
  void isTheRootOfTheWidthOfAHead() {
    assertEquals(0.125, new SoftmaxScale.HeadWidth().value(64));
    assertEquals(0.07216878364870322, new SoftmaxScale.HeadWidth().value(192), 1e-15);
  }

  @Test
  void yarnMultipliesByTheSquareOfMscale() {
    assertEquals(0.1352337788608801, new SoftmaxScale.YarnMscale(40, 1).value(192), 1e-12);
    assertEquals(0.1147213867929261, new SoftmaxScale.YarnMscale(40, 0.707).value(192), 1e-12);
  }

  @Test
  void yarnWithoutMscaleAllDimChangesNothing() {
    assertEquals(0.125, new SoftmaxScale.YarnMscale(40, 0).value(64));
    assertEquals(0.125, new SoftmaxScale.YarnMscale(1, 1).value(64));
  }

  @Test
  void fixedIsWhatWasGiven() {
    assertEquals(0.3, new SoftmaxScale.Fixed(0.3).value(64));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void factorsArePositiveAndFinite(double number) {
    assertRefused(
        "SoftmaxScale.Fixed: value = " + number + "; expected a positive finite number. [MLA-0301]",
        () -> new SoftmaxScale.Fixed(number));
    assertRefused(
        "SoftmaxScale.YarnMscale: factor = "
            + number
            + "; expected a positive finite number. [MLA-0301]",
        () -> new SoftmaxScale.YarnMscale(number, 1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void mscaleAllDimIsNotNegativeAndFinite(double number) {
    assertRefused(
        "SoftmaxScale.YarnMscale: mscaleAllDim = "
            + number
            + "; expected a finite number, 0 or more. [MLA-0301]",
        () -> new SoftmaxScale.YarnMscale(40, number));
  }
}
