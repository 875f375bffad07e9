package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;

/** Finds elements that are NaN or infinite in the bytes of one tensor. */
interface NonFiniteSearch {
  /**
   * What was found.
   *
   * @param first index of the first such element, row-major; 0 if there is none
   * @param count how many there are
   */
  record Found(long first, long count) {}

  /** Reads all elements where they are. */
  Found search(MemorySegment elements);
}
