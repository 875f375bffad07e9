package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;

/**
 * How sixteen rows of weights lie side by side, so that a vector holds the same column of all of
 * them: their sums then need no adding up of lanes, and memory is read as one stream. And how such
 * weights become floats, written as code, from which {@link GroupKernels} makes whole kernels.
 *
 * <p>A weight is {@code scale * (raw + excess) - least}, where {@code raw} is what its bits become
 * with the fewest operations, and scale and least belong to a block of columns. A method that
 * writes code is called in the order of its declaration here, once for each block.
 *
 * <p>One instance writes one kernel.
 */
abstract class BlockCode {
  /** The variables that code of a block may use. */
  record Place(int group, int at, int block, int lane) {}

  /** Columns of a block. */
  abstract int columns();

  /** Bytes of so many blocks, which are a multiple of {@link #multiple}. */
  abstract long bytes(int blocks);

  /** Groups are filled up to a multiple of so many blocks. */
  int multiple() {
    return 1;
  }

  /** What is to be added to a raw weight. */
  float excess() {
    return 0;
  }

  boolean hasScale() {
    return false;
  }

  boolean hasLeast() {
    return false;
  }

  /** Writes what comes before all blocks: numbers that are used often. */
  abstract void prepare(VectorCode code);

  /** Writes what comes first in a block: addresses. */
  abstract void begin(VectorCode code, Place place);

  /** Writes code that leaves the raw weights of a column; columns come in ascending order. */
  abstract void raw(VectorCode code, Place place, int column);

  /** Writes what makes the first columns of a block those after so many. */
  void skip(VectorCode code, int columns) {
    throw new UnsupportedOperationException("Blocks are not split.");
  }

  /** Writes code that leaves the scales. */
  void scale(VectorCode code, Place place) {
    throw new UnsupportedOperationException("No scales.");
  }

  /** Writes code that leaves the least values. */
  void least(VectorCode code, Place place) {
    throw new UnsupportedOperationException("No least values.");
  }

  /**
   * Tells whether all values are ones that the kernels know.
   *
   * @param rows rows as files have them
   * @param elements how many elements they have together
   * @return false if there is an infinity or NaN that would become something else
   */
  boolean knows(MemorySegment rows, long elements) {
    return true;
  }

  /**
   * Packs rows that lie one after another as files have them.
   *
   * @param rows the rows
   * @param rowsAt where the first one starts
   * @param count how many, at most sixteen; the others stay zeros
   * @param columns elements of a row
   * @param group takes the group; zeroed memory
   * @param at where it starts
   */
  abstract void pack(
      MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at);
}
