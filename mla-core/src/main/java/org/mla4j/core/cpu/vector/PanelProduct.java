package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.Panel;
import org.mla4j.core.cpu.packed.ProductTiles;

/**
 * Multiplies several rows of floats by 64 rows of packed weights at a time: some columns of the
 * weights become floats in a {@link Panel}, which stays in the cache while all rows pass by.
 *
 * <p>An element is summed from the first column to the last in pieces of {@link Panel#COLUMNS},
 * whatever other rows there are.
 */
final class PanelProduct {
  private static final long PANEL_AT = 0;
  private static final long SUMS_AT = PANEL_AT + Panel.BYTES;

  /** What it needs of a worker's scratch memory. */
  static final long SCRATCH_BYTES = SUMS_AT + (long) ProductTiles.ROWS * Panel.STRIDE;

  private PanelProduct() {}

  /** How many panels cover a section of a matrix. */
  static int panels(PackedMatrix weight) {
    return Math.ceilDiv(weight.rows(), Panel.OUTPUTS);
  }

  /**
   * Multiplies.
   *
   * @param weight the weights
   * @param section section of them
   * @param panel which 64 rows of it
   * @param x {@link TileInput tiles} of rows
   * @param xAt where they start
   * @param rows how many rows
   * @param out takes the products
   * @param outShift bytes from the start of an output row to its first product
   * @param first first row of out
   * @param memory the worker's scratch memory
   */
  static void multiply(
      PackedMatrix weight,
      int section,
      int panel,
      MemorySegment x,
      long xAt,
      int rows,
      Operand out,
      long outShift,
      int first,
      MemorySegment memory) {
    int columns = weight.paddedColumns();
    int outputs = Math.min(Panel.OUTPUTS, weight.rows() - panel * Panel.OUTPUTS);
    for (int column = 0; column < columns; column += Panel.COLUMNS) {
      int count = Math.min(Panel.COLUMNS, columns - column);
      weight.widen(section, panel * Panel.GROUPS, column, memory, PANEL_AT);
      for (int tile = 0; tile < TileInput.tiles(rows); tile++) {
        int tileRows = TileInput.rows(tile, rows);
        long tileAt = xAt + TileInput.at(tile, rows, columns) + 4L * tileRows * column;
        ProductTiles.multiply(tileRows, x, tileAt, memory, PANEL_AT, count, memory, SUMS_AT);
        for (int row = 0; row < tileRows; row++) {
          long sumsAt = SUMS_AT + (long) row * Panel.STRIDE;
          long outAt = out.at(first + TileInput.first(tile, rows) + row) + outShift;
          outAt += 4L * Panel.OUTPUTS * panel;
          if (column == 0) {
            MemorySegment.copy(memory, sumsAt, out.segment(), outAt, 4L * outputs);
          } else {
            F32Format.INSTANCE.addScaled(memory, sumsAt, outputs, 1, out.segment(), outAt);
          }
        }
      }
    }
  }
}
