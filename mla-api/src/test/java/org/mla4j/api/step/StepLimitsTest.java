package org.mla4j.api.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;
import static org.mla4j.api.testing.Steps.limits;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepLimitsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 1, 1, 1, 2, 1, maxTokens",
    "1, 0, 1, 1, 2, 1, maxSequences",
    "1, 1, 0, 1, 2, 1, maxSequenceLength",
    "1, 1, 1, 0, 2, 1, blockSize",
    "1, 1, 1, 1, 2, 0, maxLogitRows",
  })
  void everyNumberIsPositive(
      int tokens, int sequences, int length, int blockSize, int blocks, int logits, String field) {
    assertRefused(
        "StepLimits: " + field + " = 0; expected 1 or more. [MLA-0401]",
        () -> limits(tokens, sequences, length, blockSize, blocks, logits));
  }

  @Test
  void thereIsABlockBesideTheReservedOne() {
    assertRefused(
        "StepLimits: blocks = 1; expected 2 or more. [MLA-0401]", () -> limits(1, 1, 1, 1, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({"1, 16, 1", "16, 16, 1", "17, 16, 2", "32, 16, 2", "5, 1, 5"})
  void aBlockTableHoldsTheLongestSequence(int length, int blockSize, int blocks) {
    assertEquals(blocks, limits(1, 1, length, blockSize, 99, 1).blocksPerSequence());
  }

  @Test
  void logitRowsHaveALimitOfTheirOwn() {
    StepLimits limits = limits(8, 4, 12, 4, 10, 3);
    assertEquals(3, limits.max(Rows.LOGITS));
    assertEquals(8, limits.max(Rows.ALL));
    assertEquals(8, limits.max(Rows.DECODE));
    assertEquals(8, limits.max(Rows.PREFILL));
  }
}
