package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;

class MoeSpecTest {
  private static MoeSpec routed(
      int experts, int topK, int groups, int topKGroups, GroupScore score) {
    return new MoeSpec(
        8, experts, topK, 4, Scoring.SIGMOID, groups, topKGroups, score, true, 2.5, 0);
  }

  private static MoeSpec sized(int hidden, int inner, double factor, int shared) {
    return new MoeSpec(
        hidden, 4, 2, inner, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, factor, shared);
  }

  @Test
  void deepseekV3Fits() {
    new MoeSpec(7168, 256, 8, 2048, Scoring.SIGMOID, 8, 4, GroupScore.TOP2_SUM, true, 2.5, 2048);
  }

  @Test
  void sharedExpertsHaveAWidth() {
    assertTrue(sized(8, 4, 1, 16).hasSharedExperts());
    assertFalse(sized(8, 4, 1, 0).hasSharedExperts());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4, 1, 0, hiddenSize = 0; expected a positive number",
    "8, 0, 1, 0, intermediateSize = 0; expected a positive number",
    "8, 4, 1, -1, sharedIntermediateSize = -1; expected 0 or more",
  })
  void widthsArePositive(int hidden, int inner, double factor, int shared, String problem) {
    assertRefused(
        "MoeSpec: " + problem + ". [MLA-0301]", () -> sized(hidden, inner, factor, shared));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void theFactorIsPositiveAndFinite(double factor) {
    assertRefused(
        "MoeSpec: routedScalingFactor = "
            + factor
            + "; expected a positive finite number. [MLA-0301]",
        () -> sized(8, 4, factor, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 1, 1, experts = 0; expected a positive number",
    "8, 0, 1, 1, topK = 0; expected 1 to experts = 8",
    "8, 9, 1, 1, topK = 9; expected 1 to experts = 8",
    "8, 2, 0, 1, groups = 0; expected a divisor of experts = 8",
    "8, 2, 3, 1, groups = 3; expected a divisor of experts = 8",
    "8, 2, 4, 0, topKGroups = 0; expected 1 to groups = 4",
    "8, 2, 4, 5, topKGroups = 5; expected 1 to groups = 4",
    "8, 5, 4, 2, topK = 5; the 2 kept groups hold only 4 experts",
  })
  void theChoiceMustBePossible(int experts, int topK, int groups, int topKGroups, String problem) {
    assertRefused(
        "MoeSpec: " + problem + ". [MLA-0301]",
        () -> routed(experts, topK, groups, topKGroups, GroupScore.MAX));
  }

  @Test
  void theChoiceMayBeEverything() {
    routed(8, 8, 4, 4, GroupScore.MAX);
    routed(8, 4, 4, 2, GroupScore.MAX);
  }

  @Test
  void theTwoBestOfAGroupNeedTwoExperts() {
    assertRefused(
        "MoeSpec: groupScore TOP2_SUM with 1 expert in a group; expected at least 2. [MLA-0301]",
        () -> routed(8, 2, 8, 2, GroupScore.TOP2_SUM));
    routed(8, 2, 8, 2, GroupScore.MAX);
    routed(8, 2, 4, 2, GroupScore.TOP2_SUM);
    routed(1, 1, 1, 1, GroupScore.TOP2_SUM); // one group is never scored
  }
}
