package org.mla4j.tck.plain;

import org.mla4j.api.step.StepDescription;

/** The cache rows that a token sees: those of its sequence up to itself. */
final class CachedKeys {
  private final CacheStore cache;
  private final Pages pages;
  private final Causal causal;
  private final boolean wholeBlocks;
  private final boolean blockZero;

  CachedKeys(CacheStore cache, PlainContext context) {
    this.cache = cache;
    pages = new Pages(context);
    causal = new Causal(context);
    wholeBlocks = context.wrong(Mistake.WHOLE_BLOCKS_ATTENDED);
    blockZero = context.wrong(Mistake.BLOCK_ZERO_CONTRIBUTES);
  }

  /** Whether there is a cache. */
  boolean hasRows() {
    return cache.slots() > 0;
  }

  /** How many rows the token sees. */
  int count(StepDescription step, int token) {
    if (step.isProfiling() || !hasRows()) {
      return 0;
    }
    int length = step.sequenceLength(step.sequenceOf(token));
    int count = causal.visible(step.position(token), length);
    if (wholeBlocks) {
      int blockSize = step.limits().blockSize();
      count = Math.ceilDiv(count, blockSize) * blockSize;
    }
    return blockZero ? count + 1 : count;
  }

  /** The cache row of a key. */
  long slot(StepDescription step, int token, int key) {
    if (blockZero && key == causal.visible(step.position(token), Integer.MAX_VALUE)) {
      return 0;
    }
    return pages.slot(step, step.sequenceOf(token), key);
  }

  float get(long slot, int element) {
    return cache.get(slot, element);
  }
}
