package org.mla4j.core.runner;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;

/** Derives the largest step from the model and the options. */
final class RunnerLimits {
  /**
   * Where the user sets no length, a model made for many positions does not take all memory for its
   * cache.
   */
  private static final int DEFAULT_LENGTH = 4096;

  private RunnerLimits() {}

  static StepLimits of(ModelDefinition model, EngineOptions options) {
    int length = options.maxSequenceLength();
    if (length > model.maxPositions()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option maxSequenceLength = "
              + length
              + "; model '"
              + model.name()
              + "' has "
              + model.maxPositions()
              + " positions.");
    }
    if (length == 0) {
      length = Math.min(model.maxPositions(), DEFAULT_LENGTH);
    }
    long cacheTokens = options.cacheTokens() == 0 ? 2L * length : options.cacheTokens();
    // Block 0 is reserved.
    long wanted = Math.ceilDiv(cacheTokens, options.blockSize()) + 1;
    if (wanted > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "A cache of "
              + cacheTokens
              + " tokens in blocks of "
              + options.blockSize()
              + "; expected fewer than "
              + Integer.MAX_VALUE
              + " blocks (options cacheTokens, maxSequenceLength, blockSize).");
    }
    int blocks = (int) wanted;
    int tokens = options.maxTokensPerStep();
    int sequences = Math.min(options.maxSequences(), tokens);
    return new StepLimits(
        tokens,
        sequences,
        length,
        options.blockSize(),
        blocks,
        options.allLogits() ? tokens : sequences,
        Math.max(options.contextTokens() == 0 ? tokens : options.contextTokens(), sequences));
  }
}
