package org.mla4j.api.step;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * How the next token is drawn from logits.
 *
 * <p>Order: divide by temperature, keep the {@code topK} largest, soft-max, keep those with at
 * least {@code minP} times the largest probability, keep the smallest set of largest ones that
 * reaches {@code topP} of the mass there was before {@code minP}, draw. Equal logits rank by token
 * id, the lowest first.
 *
 * <p>The draw: what is kept is normalised and laid side by side on [0, 1) in the order of token
 * ids; the token whose part holds the uniform draw is taken.
 *
 * @param temperature 0 for greedy, that is the largest logit, lowest id first; then the rest is
 *     ignored
 * @param topK how many of the largest to keep; 0 for all
 * @param topP probability mass to keep; above 0 up to 1
 * @param minP smallest probability relative to the largest; 0 to 1
 */
public record Sampling(float temperature, int topK, float topP, float minP) {
  /** The largest logit. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException naming the field, what was given and what is expected
   */
  public Sampling {
    require(
        temperature >= 0 && Float.isFinite(temperature), "temperature", temperature, "0 or more");
    require(topK >= 0, "topK", topK, "0 or more");
    require(topP > 0 && topP <= 1, "topP", topP, "above 0 and at most 1");
    require(minP >= 0 && minP <= 1, "minP", minP, "0 to 1");
  }

  /**
   * Tells whether the draw is greedy.
   *
   * @return true at temperature 0
   */
  public boolean isGreedy() {
    return temperature == 0;
  }

  private static void require(boolean holds, String field, Number given, String expected) {
    if (!holds) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Sampling: " + field + " = " + given + "; expected " + expected + ".");
    }
  }
}
