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
  record Found(long first, long count) {
    static final Found NONE = new Found(0, 0);

    /** The same in a tensor that has some elements before those that were searched. */
    Found behind(long elements) {
      return count == 0 ? NONE : new Found(elements + first, count);
    }

    /** With what was found in elements further back. */
    Found then(Found next) {
      return new Found(count == 0 ? next.first : first, count + next.count);
    }
  }

  /** Reads all elements; they are those of a tensor, or whole units of it. */
  Found search(MemorySegment elements);

  /** Bytes of the least part of a tensor that can be searched alone. */
  int unitBytes();

  /** Elements of such a part. */
  int unitElements();
}
