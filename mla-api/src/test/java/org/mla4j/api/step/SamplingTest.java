package org.mla4j.api.step;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.api.Test;

class SamplingTest {
  @Test
  void isGreedyAtTemperatureZero() {
    assertTrue(Sampling.GREEDY.isGreedy());
    assertTrue(new Sampling(-0f, 5, 0.5f, 0).isGreedy());
    assertFalse(new Sampling(0.1f, 0, 1, 0).isGreedy());
  }

  @Test
  void theEndsOfTheRangesAreAllowed() {
    new Sampling(Float.MAX_VALUE, Integer.MAX_VALUE, Float.MIN_VALUE, 1);
    new Sampling(Float.MIN_VALUE, 0, 1, 0);
  }

  @Test
  void temperatureIsNotNegativeAndFinite() {
    assertRefused(
        "Sampling: temperature = -0.1; expected 0 or more. [MLA-0401]",
        () -> new Sampling(-0.1f, 0, 1, 0));
    assertRefused(
        "Sampling: temperature = NaN; expected 0 or more. [MLA-0401]",
        () -> new Sampling(Float.NaN, 0, 1, 0));
    assertRefused(
        "Sampling: temperature = Infinity; expected 0 or more. [MLA-0401]",
        () -> new Sampling(Float.POSITIVE_INFINITY, 0, 1, 0));
  }

  @Test
  void topKIsNotNegative() {
    assertRefused(
        "Sampling: topK = -1; expected 0 or more. [MLA-0401]", () -> new Sampling(1, -1, 1, 0));
  }

  @Test
  void topPKeepsSomething() {
    assertRefused(
        "Sampling: topP = 0.0; expected above 0 and at most 1. [MLA-0401]",
        () -> new Sampling(1, 0, 0, 0));
    assertRefused(
        "Sampling: topP = 1.5; expected above 0 and at most 1. [MLA-0401]",
        () -> new Sampling(1, 0, 1.5f, 0));
    assertRefused(
        "Sampling: topP = NaN; expected above 0 and at most 1. [MLA-0401]",
        () -> new Sampling(1, 0, Float.NaN, 0));
  }

  @Test
  void minPIsAProbability() {
    assertRefused(
        "Sampling: minP = -0.5; expected 0 to 1. [MLA-0401]", () -> new Sampling(1, 0, 1, -0.5f));
    assertRefused(
        "Sampling: minP = 1.5; expected 0 to 1. [MLA-0401]", () -> new Sampling(1, 0, 1, 1.5f));
  }
}
