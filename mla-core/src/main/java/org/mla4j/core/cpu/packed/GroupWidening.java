package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;

/** The inner loop that converts columns of a group to floats. */
interface GroupWidening {
  /**
   * Converts.
   *
   * @param group where the group is
   * @param at where it starts
   * @param lane the first row that is in the vectors
   * @param block the first block of columns
   * @param blocks how many
   * @param panel takes sixteen floats for each column, {@link Panel#STRIDE} bytes from the next
   * @param panelAt where those of the first column go
   */
  void widen(
      MemorySegment group,
      long at,
      int lane,
      int block,
      int blocks,
      MemorySegment panel,
      long panelAt);
}
