package org.mla4j.core.engine;

import java.time.Duration;
import java.util.List;

/**
 * A finished generation.
 *
 * @param text the whole answer; empty without a decoder
 * @param tokens the tokens of the answer, without a stop token
 * @param finishReason why it ended
 * @param promptTokens tokens of the prompt
 * @param queued from the request to its first step
 * @param firstToken from the request to its first token; as long as the whole if there was none
 * @param total from the request to its end
 */
public record GenerationResult(
    String text,
    List<Integer> tokens,
    FinishReason finishReason,
    int promptTokens,
    Duration queued,
    Duration firstToken,
    Duration total) {
  /** Copies the list. */
  public GenerationResult {
    tokens = List.copyOf(tokens);
  }
}
