package org.mla4j.core.measure;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * Work whose pace is measured: sequences that are computed together, each with so many tokens of a
 * prompt and then so many of an answer, one in a step.
 *
 * @param prompt tokens of the prompt; 0 for none
 * @param generated tokens of the answer; 0 for none
 * @param depth tokens that each sequence has in the cache already
 * @param batch how many sequences
 */
public record PaceTest(int prompt, int generated, int depth, int batch) {
  /**
   * Checks the numbers.
   *
   * @throws InvalidInputException if one is negative, there are no tokens, or no sequences
   */
  public PaceTest {
    if (prompt < 0 || generated < 0 || depth < 0 || batch < 1 || (long) prompt + generated == 0) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Pace test: prompt = "
              + prompt
              + ", generated = "
              + generated
              + ", depth = "
              + depth
              + ", batch = "
              + batch
              + "; expected 0 or more of each, some tokens, and a batch of 1 or more.");
    }
    if ((long) prompt + generated + depth > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Pace test: sequences of "
              + ((long) prompt + generated + depth)
              + " tokens; expected at most "
              + Integer.MAX_VALUE
              + ".");
    }
  }

  /**
   * Returns its name.
   *
   * @return for example {@code pp512}, {@code tg128}, {@code pp512+tg128}, {@code tg128 @ d4096},
   *     {@code tg32 b4}
   */
  public String name() {
    String work =
        generated == 0
            ? "pp" + prompt
            : (prompt == 0 ? "" : "pp" + prompt + "+") + "tg" + generated;
    return work + (batch == 1 ? "" : " b" + batch) + (depth == 0 ? "" : " @ d" + depth);
  }

  /**
   * Returns how long a sequence becomes.
   *
   * @return tokens, those in the cache included
   */
  public int length() {
    return depth + prompt + generated;
  }

  /**
   * Returns how many tokens are computed.
   *
   * @return tokens of all sequences
   */
  public long tokens() {
    return (long) batch * (prompt + generated);
  }
}
