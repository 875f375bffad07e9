package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;

/** The inner loop of a product of a few rows of floats and some outputs of a panel. */
interface ProductTile {
  /**
   * Multiplies, as {@link ProductTiles#multiply} says, {@link ProductTiles#OUTPUTS} outputs.
   *
   * @param x the rows, column by column, as many as the tile has
   * @param xAt where they start
   * @param panel the panel
   * @param panelAt where its first column starts
   * @param columns how many
   * @param out takes the sums, one output row behind the other, {@link Panel#STRIDE} bytes each
   * @param outAt where the first output row starts
   */
  void multiply(
      MemorySegment x,
      long xAt,
      MemorySegment panel,
      long panelAt,
      int columns,
      MemorySegment out,
      long outAt);
}
