package org.mla4j.models.evaluation;

import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How a model answered.
 *
 * @param answers all answers, in the order of the questions
 * @param wallTime from the first question to the last answer; questions of all tasks run together,
 *     so there is none for each task
 */
public record EvaluationReport(List<GradedAnswer> answers, Duration wallTime) {
  /** Copies the list. */
  public EvaluationReport {
    answers = List.copyOf(answers);
  }

  /**
   * Counts by task.
   *
   * @return one for each task, in the order of their names
   */
  public List<TaskScore> tasks() {
    return answers.stream()
        .collect(
            Collectors.groupingBy(
                answer -> answer.question().task(), TreeMap::new, Collectors.toList()))
        .entrySet()
        .stream()
        .map(task -> TaskScore.of(task.getKey(), task.getValue()))
        .toList();
  }

  /**
   * Counts all answers.
   *
   * @return the sum, with {@code total} for a task
   */
  public TaskScore total() {
    return TaskScore.of("total", answers);
  }

  /**
   * Returns the answers that are not those of the reference.
   *
   * @return in the order of the questions
   */
  public List<GradedAnswer> differences() {
    return answers.stream().filter(GradedAnswer::differsFromReference).toList();
  }

  /**
   * Returns how fast the answers came, all together.
   *
   * @return tokens of answers in a second; 0 if it took no time
   */
  public double tokensPerSecond() {
    return wallTime.isZero() ? 0 : total().tokens() * 1e9 / wallTime.toNanos();
  }
}
