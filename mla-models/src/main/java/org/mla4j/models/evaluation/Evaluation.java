package org.mla4j.models.evaluation;

import java.time.Duration;
import java.util.List;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TextEngine;

/**
 * What is asked of a model, and how: greedy answers to all questions, several at a time. Immutable.
 *
 * @param questions what is asked, see {@link QuestionFile}
 * @param concurrency how many questions are asked at a time; those that the engine has no place for
 *     wait in it
 * @param maxTokens the longest answer
 */
public record Evaluation(List<Question> questions, int concurrency, int maxTokens) {
  /**
   * Copies the list and checks the ranges.
   *
   * @throws InvalidInputException naming what is outside its range
   */
  public Evaluation {
    questions = List.copyOf(questions);
    requirePositive(concurrency, "concurrency");
    requirePositive(maxTokens, "maxTokens");
  }

  /**
   * Makes an engine large enough: as many sequences as are asked at a time, and a cache that holds
   * them all at their full length. A longest sequence that the options have already is not
   * exceeded.
   *
   * @param model the model, which turns the questions into tokens
   * @param options gets the limits
   * @return the options
   * @throws org.mla4j.api.error.ModelException if the model has no chat template, or it refuses a
   *     question
   */
  public EngineOptions.Builder size(LanguageModel model, EngineOptions.Builder options) {
    return EngineSize.apply(this, model, options);
  }

  /**
   * Asks all questions and waits for the answers.
   *
   * <p>Threading: everything but the computation runs on the caller's thread. When a question
   * cannot be asked, a backend fails or the thread is interrupted, what still runs is cancelled.
   *
   * @param engine answers; others may use it at the same time
   * @param progress told about every answer
   * @return the answers and how long they took
   * @throws InvalidInputException if a question does not fit the engine; the message has its line
   * @throws org.mla4j.api.error.ModelException if the model has no chat template, or it refuses a
   *     question
   * @throws org.mla4j.api.error.BackendException if a backend failed
   * @throws org.mla4j.api.error.ClosedException if the engine is closed
   * @throws java.util.concurrent.CancellationException if the thread is interrupted, which it stays
   */
  public EvaluationReport run(TextEngine engine, ProgressListener progress) {
    long start = System.nanoTime();
    try (EvaluationRun run = new EvaluationRun(this, engine)) {
      List<GradedAnswer> answers = run.answers(progress);
      return new EvaluationReport(answers, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private static void requirePositive(int value, String what) {
    if (value < 1) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Evaluation: " + what + " = " + value + "; expected 1 or more.");
    }
  }
}
