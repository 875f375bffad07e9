package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.core.cpu.packed.ProductTiles;

/**
 * Rows of floats as {@link ProductTiles tiles} read them: a few rows interleaved column by column,
 * then the next few.
 */
final class TileInput {
  /** Columns that are interleaved at once: their lines then stay in the nearest cache. */
  private static final int BLOCK = 128;

  private TileInput() {}

  /** How many tiles so many rows are. */
  static int tiles(int rows) {
    return Math.ceilDiv(rows, ProductTiles.ROWS);
  }

  /**
   * The first row of a tile. All tiles have as many rows, or one more: for a few rows a tile is
   * slower by the row than for several, since it reads as many weights.
   */
  static int first(int tile, int rows) {
    return (int) ((long) tile * rows / tiles(rows));
  }

  /** Rows in a tile. */
  static int rows(int tile, int rows) {
    return first(tile + 1, rows) - first(tile, rows);
  }

  /** Where a tile starts, from the start of all. */
  static long at(int tile, int rows, int columns) {
    return 4L * first(tile, rows) * columns;
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
    for (int from = 0; from < width; from += BLOCK) {
      int count = Math.min(BLOCK, width - from);
      for (int row = 0; row < rows; row++) {
        long at = x.at(first + row) + xShift + 4L * from;
        interleave(x.segment(), at, count, tile, tileAt + 4L * ((long) from * rows + row), rows);
      }
    }
    for (int i = width * rows; i < columns * rows; i++) {
      tile.set(ValueLayout.JAVA_FLOAT_UNALIGNED, tileAt + 4L * i, 0);
    }
  }

  private static void interleave(
      MemorySegment x, long xAt, int count, MemorySegment tile, long tileAt, int rows) {
    for (int column = 0; column < count; column++) {
      float value = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * column);
      tile.set(ValueLayout.JAVA_FLOAT_UNALIGNED, tileAt + 4L * column * rows, value);
    }
  }
}
