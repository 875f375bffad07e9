package org.mla4j.cli;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.models.ChatAnswer;

/**
 * An answer as {@code --json} writes it. Times count from the request, in milliseconds.
 *
 * @param text the answer
 * @param reasoning what the model thought before; empty if it did not think aloud
 * @param finishReason why it ended
 * @param promptTokens tokens of the prompt, the chat format included
 * @param generatedTokens tokens of the answer, without a stop token
 * @param backend who runs the plan; more than one are separated by commas, in the order of their
 *     first node
 * @param queuedMs until its first step
 * @param firstTokenMs until its first token
 * @param totalMs until its end
 */
record Answer(
    String text,
    String reasoning,
    FinishReason finishReason,
    int promptTokens,
    int generatedTokens,
    String backend,
    double queuedMs,
    double firstTokenMs,
    double totalMs) {
  static Answer of(ChatAnswer answer, String backend) {
    GenerationResult result = answer.generation();
    return new Answer(
        answer.text(),
        answer.reasoning(),
        result.finishReason(),
        result.promptTokens(),
        result.tokens().size(),
        backend,
        millis(result.queued()),
        millis(result.firstToken()),
        millis(result.total()));
  }

  /** To the microsecond: a small model answers in less than a millisecond per token. */
  private static double millis(Duration time) {
    return TimeUnit.NANOSECONDS.toMicros(time.toNanos()) / 1e3;
  }
}
