package org.mla4j.api.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.BatchSplit.Kind;

/** The tables of vLLM's {@code test_attention_splitting.py}. */
class BatchSplitTest {
  private final BatchSplit split = new BatchSplit();

  @ParameterizedTest(name = "{0}, threshold {1}, uniform {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1,1,1           | 1 | false | 3,0,3,0",
        "1,1,1           | 1 | true  | 3,0,3,0",
        "1,2,1,3,2,1,2   | 3 | false | 7,0,12,0",
        "4,5,6,7         | 3 | false | 0,4,0,22",
        "4,5,6,7         | 3 | true  | 0,4,0,22",
        "2,1,3,4,5,6,7,8 | 4 | false | 4,4,10,26",
        "2,2,1,3,2,1,2   | 3 | true  | 2,5,4,9",
        "2,2,2,4,5,6,7,8 | 4 | true  | 3,5,6,30",
        "2,1,2,4,5,6,7,8 | 4 | true  | 1,7,2,33"
      })
  void splitsAtTheFirstQueryThatDoesNotFit(
      String queries, int threshold, boolean uniform, String expected) {
    int[] lengths = numbers(queries);
    split.split(lengths, Arrays.stream(lengths).sum(), threshold, uniform);
    assertSplit(expected);
    split.split(step(lengths), threshold, uniform);
    assertSplit(expected);
  }

  @Test
  void paddingBehindDecodesCountsAsDecodeTokens() {
    split.split(new int[] {2, 2, 2, 0}, 8, 3, true);
    assertSplit("4,0,8,0");
  }

  @Test
  void aStepWithoutSequencesHasNeither() {
    split.split(new int[0], 0, 1, true);
    assertSplit("0,0,0,0");
  }

  @Test
  void refusesFewerPaddedTokensThanTokens() {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> split.split(new int[] {2, 3}, 4, 8, false));
    assertEquals(
        "Batch split: 4 tokens with padding; expected at least the 5 of the queries. [MLA-0303]",
        e.getMessage());
  }

  @Test
  void threeWaysByQueryLengthAndContext() {
    int[] queries = {1, 2, 4, 5, 6};
    int[] lengths = {10, 11, 20, 5, 6};
    Map<Kind, Integer> sequences = new EnumMap<>(Kind.class);
    Map<Kind, Integer> tokens = new EnumMap<>(Kind.class);
    for (int i = 0; i < queries.length; i++) {
      Kind kind = Kind.of(queries[i], lengths[i] - queries[i], 3);
      sequences.merge(kind, 1, Integer::sum);
      tokens.merge(kind, queries[i], Integer::sum);
    }
    assertEquals(Map.of(Kind.DECODE, 2, Kind.EXTEND, 1, Kind.PREFILL, 2), sequences);
    assertEquals(Map.of(Kind.DECODE, 3, Kind.EXTEND, 4, Kind.PREFILL, 11), tokens);
  }

  @Test
  void aQueryWithoutContextIsNewHoweverShort() {
    assertEquals(Kind.PREFILL, Kind.of(1, 0, 128));
    assertEquals(Kind.DECODE, Kind.of(1, 1, 128));
  }

  private static int[] numbers(String list) {
    return Stream.of(list.split(",")).mapToInt(Integer::parseInt).toArray();
  }

  private void assertSplit(String expected) {
    assertEquals(
        expected,
        split.decodes()
            + ","
            + split.prefills()
            + ","
            + split.decodeTokens()
            + ","
            + split.prefillTokens());
  }

  private static StepDescription step(int[] queryLengths) {
    StepDescription step = new StepDescription(new StepLimits(64, 16, 32, 16, 64), Arena.ofAuto());
    for (int length : queryLengths) {
      step.addSequence(Phase.PREFILL, 10, new int[length], 0, length, new int[] {1, 2}, 2);
    }
    return step;
  }
}
