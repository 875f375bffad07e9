package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.step.StepDescription;

/** Writes the rows of new tokens: which of them, and where. */
final class CacheWriter {
  private final CacheStore store;
  private final RowView first;
  private final @Nullable RowView second;
  private final boolean wraps;
  private final boolean ignoresMissingSlots;
  private final boolean writesEmpty;

  CacheWriter(CacheStore store, RowView first, @Nullable RowView second, PlainContext context) {
    this.store = store;
    this.first = first;
    this.second = second;
    this.writesEmpty = context.wrong(Mistake.EMPTY_CACHE_WRITTEN);
    this.wraps = context.wrong(Mistake.NEGATIVE_SLOT_WRAPS);
    this.ignoresMissingSlots = context.wrong(Mistake.NULL_SLOT_MAPPING_WRITTEN);
  }

  /** The row of a token; negative if it has none. */
  long slot(StepDescription step, int token) {
    if ((!step.hasSlotMapping() && !ignoresMissingSlots) || (store.slots() == 0 && !writesEmpty)) {
      return StepDescription.NO_SLOT;
    }
    long slot = step.slot(token);
    return slot < 0 && wraps ? store.slots() - 1 : slot;
  }

  void write(StepDescription step, int token) {
    long slot = slot(step, token);
    if (slot < 0) {
      return;
    }
    store.put(slot, 0, first, first.atToken(step, token));
    if (second != null) {
      store.put(slot, 1, second, second.atToken(step, token));
    }
  }
}
