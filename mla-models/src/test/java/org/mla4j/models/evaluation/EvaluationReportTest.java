package org.mla4j.models.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.models.template.ChatMessage;

class EvaluationReportTest {
  private static GradedAnswer answer(
      int line, String task, String text, String expected, Optional<String> reference) {
    Question question =
        new Question(line, task, List.of(ChatMessage.user("?")), expected, reference);
    return new GradedAnswer(question, text, FinishReason.STOP, 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", " a b", "a b\n", "\t a b \r\n"})
  void whiteSpaceAroundATextDoesNotCount(String text) {
    assertTrue(answer(1, "t", text, "a b", Optional.empty()).equalsExpected());
    assertTrue(answer(1, "t", "a b", text, Optional.empty()).equalsExpected());
    assertTrue(answer(1, "t", text, "", Optional.of("a b")).equalsReference());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a  b", "A b", "a b.", "", "a\nb"})
  void everythingElseCounts(String text) {
    GradedAnswer answer = answer(1, "t", text, "a b", Optional.of("a b"));
    assertFalse(answer.equalsExpected());
    assertFalse(answer.equalsReference());
    assertTrue(answer.differsFromReference());
  }

  @Test
  void withoutAReferenceThereIsNothingToDifferFrom() {
    GradedAnswer answer = answer(1, "t", "a", "a", Optional.empty());
    assertFalse(answer.equalsReference());
    assertFalse(answer.differsFromReference());
  }

  @Test
  void tasksAreCountedApartAndTogether() {
    GradedAnswer different = answer(3, "b", "z", "x", Optional.of("y"));
    EvaluationReport report =
        new EvaluationReport(
            List.of(
                answer(1, "b", "x", "x", Optional.of("x")),
                answer(2, "a", "y", "x", Optional.of("y")),
                different,
                answer(4, "b", "x", "x", Optional.empty())),
            Duration.ofSeconds(2));
    assertEquals(
        List.of(new TaskScore("a", 1, 0, 1, 1, 3), new TaskScore("b", 3, 2, 2, 1, 9)),
        report.tasks());
    assertEquals(new TaskScore("total", 4, 2, 3, 2, 12), report.total());
    assertEquals(List.of(different), report.differences());
    assertEquals(6, report.tokensPerSecond());
  }

  @Test
  void nothingTakesNoTime() {
    EvaluationReport report = new EvaluationReport(List.of(), Duration.ZERO);
    assertEquals(List.of(), report.tasks());
    assertEquals(0, report.tokensPerSecond());
  }
}
