package org.mla4j.models.evaluation;

import java.util.List;

/**
 * How many answers are like those known.
 *
 * @param task what the questions have in common
 * @param lines how many questions there were
 * @param equalsExpected how many answers equal the expected one
 * @param references how many questions have an answer of a reference
 * @param equalsReference how many answers equal the one of the reference
 * @param tokens tokens of all answers together, without stop tokens
 */
public record TaskScore(
    String task, int lines, int equalsExpected, int references, int equalsReference, long tokens) {
  static TaskScore of(String task, List<GradedAnswer> answers) {
    int right = 0;
    int references = 0;
    int like = 0;
    long tokens = 0;
    for (GradedAnswer answer : answers) {
      right += answer.equalsExpected() ? 1 : 0;
      references += answer.question().reference().isPresent() ? 1 : 0;
      like += answer.equalsReference() ? 1 : 0;
      tokens += answer.tokens();
    }
    return new TaskScore(task, answers.size(), right, references, like, tokens);
  }
}
