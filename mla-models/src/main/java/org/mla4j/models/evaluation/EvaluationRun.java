package org.mla4j.models.evaluation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.ChatGeneration;
import org.mla4j.models.TextEngine;
import org.mla4j.models.TextOptions;

/**
 * Goes through the questions once. Answers are taken in order, token by token; after each token,
 * questions take the places of answers that the engine has finished meanwhile, so that a long
 * answer holds up nobody.
 */
final class EvaluationRun implements AutoCloseable {
  private static final String PHASE = "questions";

  private final Evaluation evaluation;
  private final TextEngine engine;
  private final TextOptions options;
  private final Iterator<Question> left;

  /** The questions that are asked and whose answer is not taken, oldest first. */
  private final Deque<Asked> asked = new ArrayDeque<>();

  private record Asked(Question question, ChatGeneration generation) {}

  EvaluationRun(Evaluation evaluation, TextEngine engine) {
    this.evaluation = evaluation;
    this.engine = engine;
    this.options =
        TextOptions.builder().sampling(Sampling.GREEDY).maxTokens(evaluation.maxTokens()).build();
    this.left = evaluation.questions().iterator();
  }

  List<GradedAnswer> answers(ProgressListener progress) {
    List<GradedAnswer> answers = new ArrayList<>();
    fill();
    while (!asked.isEmpty()) {
      Asked oldest = asked.getFirst();
      requireNotInterrupted(oldest);
      if (oldest.generation().hasNext()) {
        oldest.generation().next();
      } else {
        answers.add(graded(oldest));
        asked.removeFirst();
        progress.progress(PHASE, answers.size(), evaluation.questions().size());
      }
      fill();
    }
    return answers;
  }

  /** Cancels what is asked and not answered. */
  @Override
  public void close() {
    asked.forEach(each -> each.generation().close());
  }

  private void fill() {
    while (left.hasNext() && running() < evaluation.concurrency()) {
      asked.add(ask(left.next()));
    }
  }

  private long running() {
    return asked.stream().filter(each -> !each.generation().isDone()).count();
  }

  private Asked ask(Question question) {
    try {
      return new Asked(question, engine.chat(question.messages(), options));
    } catch (InvalidInputException e) {
      throw new InvalidInputException(
          e.code(), "The question in line " + question.line() + ": " + e.problem(), e);
    }
  }

  private static GradedAnswer graded(Asked ended) {
    ChatAnswer answer = ended.generation().result();
    GenerationResult result = answer.generation();
    if (result.finishReason() == FinishReason.CANCELLED) {
      requireNotInterrupted(ended); // a wait ends with an interrupt
      throw new ClosedException(
          ErrorCode.CLOSED,
          "The engine was closed while it answered the question in line "
              + ended.question().line()
              + ".");
    }
    return new GradedAnswer(
        ended.question(), answer.text(), result.finishReason(), result.tokens().size());
  }

  private static void requireNotInterrupted(Asked running) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException(
          "The evaluation was interrupted while it waited for the answer to the question in line "
              + running.question().line()
              + ".");
    }
  }
}
