package org.mla4j.core.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.Sampling;

/** What is to be generated. Immutable; made by a {@link Builder}. */
public final class GenerationRequest {
  private final int[] prompt;
  private final int maxTokens;
  private final Sampling sampling;
  private final long seed;
  private final Set<Integer> stopTokens;
  private final List<String> stopStrings;
  private final @Nullable Supplier<TextDecoder> decoder;

  private GenerationRequest(Builder builder) {
    prompt = builder.prompt;
    maxTokens = builder.maxTokens;
    sampling = builder.sampling;
    seed = builder.seed;
    stopTokens = Set.copyOf(builder.stopTokens);
    stopStrings = List.copyOf(builder.stopStrings);
    decoder = builder.decoder;
    require(prompt.length > 0, "prompt of 0 tokens; expected at least one (a BOS token, say)");
    require(maxTokens > 0, "maxTokens = " + maxTokens + "; expected 1 or more");
    require(
        stopStrings.stream().noneMatch(String::isEmpty),
        "an empty stop string; expected at least one character each");
    require(
        stopStrings.isEmpty() || decoder != null,
        "stop strings "
            + stopStrings
            + " without a decoder; expected one, since they are looked for in the text");
  }

  /**
   * Starts a request.
   *
   * @param prompt token ids, special ones included
   * @return the builder
   */
  public static Builder builder(int... prompt) {
    return new Builder(prompt.clone());
  }

  /**
   * Returns the prompt.
   *
   * @return a copy of the token ids
   */
  public int[] prompt() {
    return prompt.clone();
  }

  int promptLength() {
    return prompt.length;
  }

  /**
   * Returns the longest answer.
   *
   * @return tokens
   */
  public int maxTokens() {
    return maxTokens;
  }

  /**
   * Returns how tokens are drawn.
   *
   * @return greedy unless set
   */
  public Sampling sampling() {
    return sampling;
  }

  /**
   * Returns the seed of the draws.
   *
   * @return equal seeds give equal draws
   */
  public long seed() {
    return seed;
  }

  /**
   * Returns the tokens that end the answer.
   *
   * @return token ids
   */
  public Set<Integer> stopTokens() {
    return stopTokens;
  }

  /**
   * Returns the strings that end the answer.
   *
   * @return not empty ones
   */
  public List<String> stopStrings() {
    return stopStrings;
  }

  @Nullable Supplier<TextDecoder> decoder() {
    return decoder;
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, "Generation request: " + problem + ".");
    }
  }

  /** Collects the parts of a request. Not thread-safe. */
  public static final class Builder {
    private final int[] prompt;
    private int maxTokens = 256;
    private Sampling sampling = Sampling.GREEDY;
    private long seed;
    private final Set<Integer> stopTokens = new TreeSet<>();
    private List<String> stopStrings = List.of();
    private @Nullable Supplier<TextDecoder> decoder;

    private Builder(int[] prompt) {
      this.prompt = prompt;
    }

    /**
     * Sets the longest answer.
     *
     * @param tokens 256 by default
     * @return this builder
     */
    public Builder maxTokens(int tokens) {
      maxTokens = tokens;
      return this;
    }

    /**
     * Sets how tokens are drawn.
     *
     * @param how greedy by default
     * @return this builder
     */
    public Builder sampling(Sampling how) {
      sampling = how;
      return this;
    }

    /**
     * Sets the seed of the draws.
     *
     * @param value 0 by default
     * @return this builder
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Adds tokens that end the answer.
     *
     * @param ids token ids
     * @return this builder
     */
    public Builder stopTokens(int... ids) {
      Arrays.stream(ids).forEach(stopTokens::add);
      return this;
    }

    /**
     * Sets strings that end the answer.
     *
     * @param strings looked for in the text, across token boundaries
     * @return this builder
     */
    public Builder stopStrings(List<String> strings) {
      stopStrings = strings;
      return this;
    }

    /**
     * Sets what turns tokens into text.
     *
     * @param factory makes one for this answer; without one, pieces have no text
     * @return this builder
     */
    public Builder decoder(Supplier<TextDecoder> factory) {
      decoder = factory;
      return this;
    }

    /**
     * Makes the request.
     *
     * @return the request
     * @throws InvalidInputException naming the part that is outside its range
     */
    public GenerationRequest build() {
      return new GenerationRequest(this);
    }
  }
}
