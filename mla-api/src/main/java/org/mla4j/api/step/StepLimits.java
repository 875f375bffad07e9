package org.mla4j.api.step;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * The largest step an engine will ever run. Everything that a step needs is allocated for these
 * numbers, once.
 *
 * @param maxTokens tokens in one step
 * @param maxSequences sequences in one step
 * @param maxSequenceLength tokens of one sequence, context included
 * @param blockSize tokens per cache block, as the block allocator counts
 * @param blocks cache blocks per layer; block 0 is reserved and never holds a token
 * @param maxLogitRows tokens of one step whose logits may be wanted
 * @param contextTokens cached tokens that one context pass takes up, all sequences together
 */
public record StepLimits(
    int maxTokens,
    int maxSequences,
    int maxSequenceLength,
    int blockSize,
    int blocks,
    int maxLogitRows,
    int contextTokens) {
  /**
   * Checks that all numbers are positive, that there is a block beside the reserved one, and that a
   * context pass has room for a token of every sequence.
   *
   * @throws InvalidInputException naming the field
   */
  public StepLimits {
    require(maxTokens, "maxTokens", 1);
    require(maxSequences, "maxSequences", 1);
    require(maxSequenceLength, "maxSequenceLength", 1);
    require(blockSize, "blockSize", 1);
    require(blocks, "blocks", 2);
    require(maxLogitRows, "maxLogitRows", 1);
    require(contextTokens, "contextTokens", maxSequences);
  }

  /**
   * Makes limits that allow the logits of every token, and as many tokens in a context pass as in a
   * step.
   *
   * @param maxTokens tokens in one step
   * @param maxSequences sequences in one step
   * @param maxSequenceLength tokens of one sequence, context included
   * @param blockSize tokens per cache block
   * @param blocks cache blocks per layer
   */
  public StepLimits(
      int maxTokens, int maxSequences, int maxSequenceLength, int blockSize, int blocks) {
    this(
        maxTokens,
        maxSequences,
        maxSequenceLength,
        blockSize,
        blocks,
        maxTokens,
        Math.max(maxTokens, maxSequences));
  }

  /**
   * Returns how many rows of a kind there can be.
   *
   * @param rows the kind
   * @return the largest number of rows
   */
  public int max(Rows rows) {
    return switch (rows) {
      case ALL, DECODE, PREFILL -> maxTokens;
      case LOGITS -> maxLogitRows;
      case CONTEXT -> contextTokens;
      case BLOCK_COPIES -> blocks;
    };
  }

  /**
   * Returns how many blocks the longest sequence needs.
   *
   * @return the width of a block table
   */
  public int blocksPerSequence() {
    return Math.ceilDiv(maxSequenceLength, blockSize);
  }

  private static void require(int value, String field, int least) {
    if (value < least) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "StepLimits: " + field + " = " + value + "; expected " + least + " or more.");
    }
  }
}
