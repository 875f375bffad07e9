package org.mla4j.api.step;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * Splits the sequences of a step at one boundary, for a decode kernel that takes only short
 * queries, or only queries of one length. Everything from the first sequence that does not fit
 * belongs to the other side.
 *
 * <p>The rules are vLLM's {@code split_decodes_and_prefills}; {@link Kind} is its three-way form.
 *
 * @param decodes sequences before the boundary
 * @param prefills sequences after it
 * @param decodeTokens tokens before the boundary, padding included when there is nothing after it
 * @param prefillTokens tokens after it
 */
public record BatchSplit(int decodes, int prefills, int decodeTokens, int prefillTokens) {
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

  /**
   * Splits by query length.
   *
   * @param queryLengths new tokens of each sequence; zeros at the end are padding
   * @param paddedTokens tokens of the step, padding included
   * @param threshold the longest query of a decode
   * @param uniform whether all decodes must have queries of one length
   * @return the split
   * @throws InvalidInputException if the padded tokens are fewer than the queries'
   */
  public static BatchSplit of(
      int[] queryLengths, int paddedTokens, int threshold, boolean uniform) {
    int tokens = 0;
    int boundary = queryLengths.length;
    int before = 0;
    for (int i = 0; i < queryLengths.length; i++) {
      boolean padding = queryLengths[i] == 0;
      boolean fits =
          queryLengths[i] <= threshold
              && (!uniform || padding || queryLengths[i] == queryLengths[0]);
      if (!fits && boundary == queryLengths.length) {
        boundary = i;
        before = tokens;
      }
      tokens += queryLengths[i];
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
    return boundary == queryLengths.length
        ? new BatchSplit(boundary, 0, paddedTokens, 0)
        : new BatchSplit(boundary, queryLengths.length - boundary, before, tokens - before);
  }
}
