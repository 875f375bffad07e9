package org.mla4j.api.step;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * Splits the sequences of a step at one boundary, for a decode kernel that takes only short
 * queries, or only queries of one length. Everything from the first sequence that does not fit
 * belongs to the other side.
 *
 * <p>The rules are vLLM's {@code split_decodes_and_prefills}; {@link Kind} is its three-way form.
 * Made once and filled in {@code Backend.prepare}, it allocates nothing. Threading: filled by one
 * thread, then read by any number.
 */
public final class BatchSplit {
  /** What a sequence wants of attention in one step. */
  public enum Kind {
    /** A short query after a context: absorbed form. */
    DECODE,
    /** A long query after a context: decompressed form, merged with that of the context. */
    EXTEND,
    /** A query without a context. */
    PREFILL;

    /**
     * Tells the kind of a sequence. Who has no context is new, however short the query.
     *
     * @param queryLength its new tokens
     * @param context its tokens in the cache
     * @param threshold the longest query that is decoded
     * @return the kind
     */
    public static Kind of(int queryLength, int context, int threshold) {
      if (context == 0) {
        return PREFILL;
      }
      return queryLength <= threshold ? DECODE : EXTEND;
    }
  }

  private int sequences;
  private int tokens;
  private int firstLength;
  private int decodes;
  private int decodeTokens;
  private boolean open;

  /** Makes a split of nothing. */
  public BatchSplit() {}

  /**
   * Splits a step.
   *
   * @param step the step
   * @param threshold the longest query of a decode
   * @param uniform whether all decodes must have queries of one length
   */
  public void split(StepDescription step, int threshold, boolean uniform) {
    begin();
    for (int sequence = 0; sequence < step.sequences(); sequence++) {
      add(step.queryLength(sequence), threshold, uniform);
    }
    end(tokens);
  }

  /**
   * Splits sequences by their query lengths.
   *
   * @param queryLengths new tokens of each sequence; zeros at the end are padding
   * @param paddedTokens tokens of the step, padding included
   * @param threshold the longest query of a decode
   * @param uniform whether all decodes must have queries of one length
   * @throws InvalidInputException if the padded tokens are fewer than the queries'
   */
  public void split(int[] queryLengths, int paddedTokens, int threshold, boolean uniform) {
    begin();
    for (int length : queryLengths) {
      add(length, threshold, uniform);
    }
    if (paddedTokens < tokens) {
      throw new InvalidInputException(
          ErrorCode.INVALID_STEP,
          "Batch split: "
              + paddedTokens
              + " tokens with padding; expected at least the "
              + tokens
              + " of the queries.");
    }
    end(paddedTokens);
  }

  private void begin() {
    sequences = 0;
    tokens = 0;
    decodes = 0;
    decodeTokens = 0;
    open = true;
  }

  private void add(int length, int threshold, boolean uniform) {
    if (sequences == 0) {
      firstLength = length;
    }
    boolean padding = length == 0;
    open &= length <= threshold && (!uniform || padding || length == firstLength);
    if (open) {
      decodes++;
      decodeTokens += length;
    }
    sequences++;
    tokens += length;
  }

  private void end(int paddedTokens) {
    if (open) {
      tokens = paddedTokens;
      decodeTokens = paddedTokens;
    }
  }

  /**
   * Returns how many sequences are before the boundary.
   *
   * @return sequences that are decoded
   */
  public int decodes() {
    return decodes;
  }

  /**
   * Returns how many sequences are after the boundary.
   *
   * @return the others
   */
  public int prefills() {
    return sequences - decodes;
  }

  /**
   * Returns how many tokens are before the boundary.
   *
   * @return tokens, padding included when there is nothing after it
   */
  public int decodeTokens() {
    return decodeTokens;
  }

  /**
   * Returns how many tokens are after the boundary.
   *
   * @return tokens
   */
  public int prefillTokens() {
    return tokens - decodeTokens;
  }
}
