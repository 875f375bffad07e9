package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.core.cpu.packed.ProductTiles;

/**
 * Rows of floats as {@link ProductTiles tiles} read them: a few rows interleaved column by column,
 * then the next few.
 */
final class TileInput {
  private TileInput() {}

  /** How many tiles so many rows are. */
  static int tiles(int rows) {
    return Math.ceilDiv(rows, ProductTiles.ROWS);
  }

  /** Rows in a tile: all have the same number, but the last one. */
  static int rows(int tile, int rows) {
    return Math.min(ProductTiles.ROWS, rows - tile * ProductTiles.ROWS);
  }

  /** Where a tile starts, from the start of all. */
  static long at(int tile, int columns) {
    return 4L * ProductTiles.ROWS * tile * columns;
  }

  /**
   * Interleaves a tile.
   *
   * @param x the rows
   * @param xShift bytes from the start of a row to the elements wanted
   * @param first the tile's first row
   * @param rows how many
   * @param width elements of a row
   * @param columns elements with the zeros behind
   * @param tile takes them
   * @param tileAt where they go
   */
  static void interleave(
      Operand x,
      long xShift,
      int first,
      int rows,
      int width,
      int columns,
      MemorySegment tile,
      long tileAt) {
    long step = 4L * rows;
    for (int row = 0; row < rows; row++) {
      interleave(x.segment(), x.at(first + row) + xShift, width, tile, tileAt + 4L * row, step);
      for (int column = width; column < columns; column++) {
        tile.set(ValueLayout.JAVA_FLOAT_UNALIGNED, tileAt + 4L * row + column * step, 0);
      }
    }
  }

  private static void interleave(
      MemorySegment x, long xAt, int width, MemorySegment tile, long tileAt, long step) {
    for (int column = 0; column < width; column++) {
      float value = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * column);
      tile.set(ValueLayout.JAVA_FLOAT_UNALIGNED, tileAt + column * step, value);
    }
  }
}
