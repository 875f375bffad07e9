package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;

/** The inner loop of a product of one group of rows and one row of floats. */
interface GroupProduct {
  /**
   * Multiplies.
   *
   * @param group where the group is
   * @param at where it starts
   * @param lane the first row that is in the vectors
   * @param columns how many; a multiple of the format's {@link BlockCode#columns}
   * @param x the floats, filled with zeros to as many columns
   * @param xAt index of the first one
   * @param sums of each sixteen floats their sum
   * @param sumsAt index of the first sum
   * @param out takes the floats of sixteen rows: those of the vectors' rows are set
   * @param outAt where they go
   */
  void multiply(
      MemorySegment group,
      long at,
      int lane,
      int columns,
      float[] x,
      int xAt,
      float[] sums,
      int sumsAt,
      MemorySegment out,
      long outAt);
}
