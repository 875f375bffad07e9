package org.mla4j.api.testing;

import java.lang.foreign.Arena;
import java.util.stream.IntStream;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;

/** Makes limits and steps, in one place, so that one place changes when they gain a part. */
public final class Steps {
  private Steps() {}

  /** Limits of which a test names what it is about; the rest is small. */
  public static StepLimits limits(
      int maxTokens,
      int maxSequences,
      int maxSequenceLength,
      int blockSize,
      int blocks,
      int maxLogitRows) {
    return new StepLimits(
        maxTokens,
        maxSequences,
        maxSequenceLength,
        blockSize,
        blocks,
        maxLogitRows,
        Math.max(maxTokens, maxSequences));
  }

  /** 8 tokens and 3 logit rows in 4 sequences of up to 12 tokens; 9 blocks of 4 tokens. */
  public static StepLimits limits() {
    return limits(8, 4, 12, 4, 10, 3);
  }

  /** An empty step of the small limits. */
  public static StepDescription empty(Arena arena) {
    return new StepDescription(limits(), arena);
  }

  /** Adds a sequence whose new tokens have the ids 100, 101 and so on. */
  public static int add(
      StepDescription step, Phase phase, int context, int count, int... itsBlocks) {
    int[] ids = IntStream.range(100, 100 + Math.max(count, 0)).toArray();
    return step.addSequence(phase, context, ids, 0, count, itsBlocks, itsBlocks.length);
  }
}
