package org.mla4j.tck.plain;

import org.mla4j.api.step.StepDescription;

/** Finds the cache row of a position. */
final class Pages {
  private final boolean stale;

  Pages(PlainContext context) {
    stale = context.wrong(Mistake.STALE_PAGE);
  }

  long slot(StepDescription step, int sequence, int position) {
    int blockSize = step.limits().blockSize();
    int table = stale && sequence > 0 ? sequence - 1 : sequence;
    long block = step.block(table, position / blockSize);
    return block * blockSize + position % blockSize;
  }
}
