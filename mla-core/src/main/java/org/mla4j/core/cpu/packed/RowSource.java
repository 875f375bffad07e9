package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;

/**
 * Rows of weights as they are stored, to be packed. Threading: safe to share.
 *
 * @see PackedWeights
 */
interface RowSource extends AutoCloseable {
  /** Bytes of a row. */
  long rowBytes();

  /**
   * Copies rows that lie one after another.
   *
   * @param section of which section
   * @param row the first one
   * @param target takes them; filled to its end
   */
  void read(int section, int row, MemorySegment target);

  /** Adds what is not in the rows, after they were packed. */
  default void finish(PackedMatrix matrix) {}

  @Override
  default void close() {}
}
