package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.models.evaluation.TaskScore;

class EvaluationTextTest {
  private static EvaluationSummary summary(long cutOff, List<AnswerLine> differences) {
    return summary(cutOff, differences, 0);
  }

  private static EvaluationSummary summary(
      long cutOff, List<AnswerLine> differences, long replayedSteps) {
    return new EvaluationSummary(
        "tiny",
        List.of(
            new TaskScore("add", 84, 83, 84, 82, 1000),
            new TaskScore("tell", 12, 0, 0, 0, 200),
            new TaskScore("sub", 4, 1, 3, 2, 34)),
        new TaskScore("total", 100, 84, 87, 84, 1234),
        2.04,
        604.9,
        "BF16",
        "npu,cpu",
        120,
        replayedSteps,
        64,
        256,
        cutOff,
        differences);
  }

  private static AnswerLine line(int line) {
    return new AnswerLine(line, "add", "1 + 1 = 3.", "-", "1 + 1 = 2.", FinishReason.STOP);
  }

  @Test
  void withoutDifferencesThereAreTheScoresAndTheSpeed() {
    assertEquals(
        """
        task   lines  equals expected  equals reference
        add    84     83               82
        tell   12     0                -
        sub    4      1                2 of 3
        total  100    84               84 of 87

        tiny: 1234 tokens in 2.0 s, 604.9 tokens/s (cache BF16, backend npu,cpu, 64 at a time)\
        """,
        EvaluationText.of(summary(0, List.of())));
  }

  @Test
  void stepsThatWereReplayedAreCounted() {
    String text = EvaluationText.of(summary(0, List.of(), 90));
    assertTrue(text.endsWith(", 64 at a time, 90 of 120 steps replayed)"), text);
  }

  @Test
  void differencesAreShownSideBySide() {
    String text = EvaluationText.of(summary(0, List.of(line(7), line(123))));
    assertTrue(
        text.endsWith(
            """
            64 at a time)

            line  task  answer      reference
            7     add   1 + 1 = 3.  1 + 1 = 2.
            123   add   1 + 1 = 3.  1 + 1 = 2.\
            """),
        text);
  }

  @Test
  void onlyTheFirstDifferencesAreShown() {
    List<AnswerLine> many =
        IntStream.rangeClosed(1, 25).mapToObj(EvaluationTextTest::line).toList();
    String text = EvaluationText.of(summary(0, many));
    assertTrue(text.endsWith("\n20    add   1 + 1 = 3.  1 + 1 = 2.\n… and 5 more"), text);
    assertTrue(!EvaluationText.of(summary(0, many.subList(0, 20))).contains("more"));
  }

  @Test
  void cutOffAnswersAreCounted() {
    String text = EvaluationText.of(summary(3, List.of()));
    assertTrue(
        text.endsWith("\n3 answers cut off; see --max-tokens (256) and --max-sequence-length"),
        text);
  }
}
