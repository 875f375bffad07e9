package org.mla4j.cli;

import org.jspecify.annotations.Nullable;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.models.evaluation.GradedAnswer;

/**
 * An answer of an evaluation as JSON has it.
 *
 * @param line of the file of questions
 * @param task its task
 * @param answer as it came
 * @param expected the right answer
 * @param reference what the reference answered; null if nobody asked it
 * @param finishReason why it ended
 */
record AnswerLine(
    int line,
    String task,
    String answer,
    String expected,
    @Nullable String reference,
    FinishReason finishReason) {
  static AnswerLine of(GradedAnswer answer) {
    return new AnswerLine(
        answer.question().line(),
        answer.question().task(),
        answer.text(),
        answer.question().expected(),
        answer.question().reference().orElse(null),
        answer.finishReason());
  }
}
