package org.mla4j.models.convert;

import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;

/**
 * How a model is converted. Immutable; made by a {@link Builder}.
 *
 * @param kvLoraRank width of the latent; empty for what an exact conversion needs or, if there is
 *     none, for what keeps {@code energy}
 * @param qkRopeHeadDim width of the shared rotary key; empty for what an exact conversion needs or,
 *     if there is none, for half of a head
 * @param freqFold neighbouring rotary pairs that share one frequency: the more, the narrower the
 *     rotary key that covers a head
 * @param energy part of the energy of each layer's keys and values that a latent of chosen width
 *     keeps at least, 0 to 1
 * @param calibrationText text whose keys and values the latent is fitted to; empty for the weights
 *     alone
 * @param evaluationText text that both models are compared on; empty for the calibration text
 * @param mostTokens the most tokens of either text
 * @param window tokens of a sequence; distances of queries and keys are averaged over it
 * @param dtype type of converted matrices, F32, BF16 or F16; empty for the source's
 * @param engine threads and progress of the runs over texts
 */
public record ConversionOptions(
    OptionalInt kvLoraRank,
    OptionalInt qkRopeHeadDim,
    int freqFold,
    double energy,
    Optional<String> calibrationText,
    Optional<String> evaluationText,
    int mostTokens,
    int window,
    Optional<DType> dtype,
    EngineOptions engine) {
  /** Checks the numbers. */
  public ConversionOptions {
    positive("kvLoraRank", kvLoraRank.orElse(1));
    positive("qkRopeHeadDim", qkRopeHeadDim.orElse(1));
    positive("freqFold", freqFold);
    require(energy > 0 && energy <= 1, "energy", energy, "more than 0 and at most 1");
    require(mostTokens >= 2, "mostTokens", mostTokens, "2 or more");
    require(window >= 2, "window", window, "2 or more");
    DType type = dtype.orElse(DType.F32);
    require(
        type == DType.F32 || type == DType.BF16 || type == DType.F16,
        "dtype",
        type,
        "F32, BF16 or F16");
  }

  private static void positive(String name, int value) {
    require(value > 0, name, value, "1 or more");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Conversion option " + name + " = " + value + "; expected " + expected + ".");
    }
  }

  /**
   * Starts with the defaults.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private OptionalInt kvLoraRank = OptionalInt.empty();
    private OptionalInt qkRopeHeadDim = OptionalInt.empty();
    private int freqFold = 1;
    private double energy = 0.99;
    private @Nullable String calibrationText;
    private @Nullable String evaluationText;
    private int mostTokens = 8192;
    private int window = 256;
    private @Nullable DType dtype;
    private EngineOptions engine = EngineOptions.builder().build();

    private Builder() {}

    /**
     * Sets the width of the latent.
     *
     * @param rank chosen by default
     * @return this builder
     */
    public Builder kvLoraRank(int rank) {
      kvLoraRank = OptionalInt.of(rank);
      return this;
    }

    /**
     * Sets the width of the shared rotary key.
     *
     * @param width an even number; chosen by default
     * @return this builder
     */
    public Builder qkRopeHeadDim(int width) {
      qkRopeHeadDim = OptionalInt.of(width);
      return this;
    }

    /**
     * Sets how many neighbouring rotary pairs share a frequency.
     *
     * @param pairs 1 by default
     * @return this builder
     */
    public Builder freqFold(int pairs) {
      freqFold = pairs;
      return this;
    }

    /**
     * Sets what a latent of chosen width keeps.
     *
     * @param part 0.99 by default
     * @return this builder
     */
    public Builder energy(double part) {
      energy = part;
      return this;
    }

    /**
     * Sets the text that keys and values are calibrated with.
     *
     * @param text in the manner of what the model will read; none by default
     * @return this builder
     */
    public Builder calibrationText(String text) {
      calibrationText = text;
      return this;
    }

    /**
     * Sets the text that both models are compared on.
     *
     * @param text better not the one of the calibration, which is the default
     * @return this builder
     */
    public Builder evaluationText(String text) {
      evaluationText = text;
      return this;
    }

    /**
     * Sets how much of a text is read.
     *
     * @param tokens 8192 by default
     * @return this builder
     */
    public Builder mostTokens(int tokens) {
      mostTokens = tokens;
      return this;
    }

    /**
     * Sets the length of the sequences that a text is cut into.
     *
     * @param tokens 256 by default
     * @return this builder
     */
    public Builder window(int tokens) {
      window = tokens;
      return this;
    }

    /**
     * Sets the type of converted matrices.
     *
     * @param type F32, BF16 or F16; the source's by default
     * @return this builder
     */
    public Builder dtype(DType type) {
      dtype = type;
      return this;
    }

    /**
     * Sets what the runs over texts use.
     *
     * @param options threads, progress and the like; op list and limits are set by the conversion
     * @return this builder
     */
    public Builder engine(EngineOptions options) {
      engine = options;
      return this;
    }

    /**
     * Makes the options.
     *
     * @return the options
     * @throws InvalidInputException if a number is out of its range
     */
    public ConversionOptions build() {
      return new ConversionOptions(
          kvLoraRank,
          qkRopeHeadDim,
          freqFold,
          energy,
          Optional.ofNullable(calibrationText),
          Optional.ofNullable(evaluationText),
          mostTokens,
          window,
          Optional.ofNullable(dtype),
          engine);
    }
  }
}
