package org.mla4j.tck.plain;

import org.mla4j.api.step.StepDescription;

/** The cache rows that a token sees: those of its sequence up to itself. */
final class CachedKeys {
  private final CacheStore cache;
  private final Pages pages;
  private final Causal causal;
  private final boolean wholeBlocks;
  private final boolean blockZero;
  private final boolean losesEdge;
  private final boolean readsNextPage;
  private final boolean skipsEmpty;

  CachedKeys(CacheStore cache, PlainContext context) {
    this.cache = cache;
    pages = new Pages(context);
    causal = new Causal(context);
    wholeBlocks = context.wrong(Mistake.WHOLE_BLOCKS_ATTENDED);
    losesEdge = context.wrong(Mistake.BLOCK_EDGE_LOST);
    readsNextPage = context.wrong(Mistake.NEXT_PAGE_READ);
    skipsEmpty = context.wrong(Mistake.EMPTY_SEQUENCES_SKIPPED);
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
    int blockSize = step.limits().blockSize();
    if (losesEdge && count % blockSize == 0) {
      count--;
    }
    if (readsNextPage) {
      // As if it were fetched early and not used.
      int next = Math.ceilDiv(length, blockSize) * blockSize;
      cache.get(pages.slot(step, step.sequenceOf(token), next), 0);
    }
    if (wholeBlocks) {
      count = Math.ceilDiv(count, blockSize) * blockSize;
    }
    return blockZero ? count + 1 : count;
  }

  /** The cache row of a key. */
  long slot(StepDescription step, int token, int key) {
    if (blockZero && key == causal.visible(step.position(token), Integer.MAX_VALUE)) {
      return 0;
    }
    return pages.slot(step, sequence(step, token), key);
  }

  private int sequence(StepDescription step, int token) {
    int sequence = step.sequenceOf(token);
    int empty = 0;
    for (int before = 0; skipsEmpty && before < sequence; before++) {
      empty += step.queryLength(before) == 0 ? 1 : 0;
    }
    return sequence - empty;
  }

  float get(long slot, int element) {
    return cache.get(slot, element);
  }
}
