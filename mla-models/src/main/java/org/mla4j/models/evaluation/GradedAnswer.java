package org.mla4j.models.evaluation;

import org.mla4j.core.engine.FinishReason;

/**
 * An answer beside what is known about its question. Texts are compared exactly, without the white
 * space around them.
 *
 * @param question what was asked
 * @param text the answer as it came
 * @param finishReason why it ended
 * @param tokens tokens of the answer, without a stop token
 */
public record GradedAnswer(Question question, String text, FinishReason finishReason, int tokens) {
  /**
   * Tells whether the answer is right.
   *
   * @return true if it equals the expected one
   */
  public boolean equalsExpected() {
    return isLike(question.expected());
  }

  /**
   * Tells whether the answer is that of the reference.
   *
   * @return true if it equals it; false if there is none
   */
  public boolean equalsReference() {
    return question.reference().filter(this::isLike).isPresent();
  }

  /**
   * Tells whether the reference answered something else.
   *
   * @return true if it did; false if there is none
   */
  public boolean differsFromReference() {
    return question.reference().isPresent() && !equalsReference();
  }

  private boolean isLike(String other) {
    return text.strip().equals(other.strip());
  }
}
