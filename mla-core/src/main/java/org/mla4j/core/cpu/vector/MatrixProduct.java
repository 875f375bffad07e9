package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.DotTile.DOTS;
import static org.mla4j.core.cpu.vector.DotTile.SIDE;

import java.lang.foreign.MemorySegment;
import org.mla4j.core.cpu.simd.Lanes;

/**
 * Multiplies blocks of a weight matrix by rows of floats.
 *
 * <p>One row, or a few, stream through the weights as they are loaded. Several rows share the work
 * of converting: a block of weights becomes floats in interleaved panels that stay in the cache
 * while all rows pass by. Both sum in the same order.
 */
final class MatrixProduct {
  /** Half of a usual second-level cache; the other half is for the rows. */
  private static final int PANEL_BYTES = 256 * 1024;

  private static final int LARGEST_BLOCK = 64;

  /** So few rows are not worth panels: a block of stored weights stays in the cache, too. */
  private static final int FEW = 3;

  private static final long SUMS_AT = 0;
  private static final long LANES_AT = SUMS_AT + 4L * DOTS;
  private static final long PANELS_AT = LANES_AT + (long) DOTS * BYTES;

  private final Scratch scratch;
  private final int columns;
  private final int paddedColumns;
  private final int blockRows;
  private final long panelBytes;
  private final long paddedAt;

  /**
   * Reserves scratch memory, and warms the kernels up.
   *
   * @param weight one of the matrices that will be multiplied, which are alike
   * @param scratch where the scratch memory comes from
   */
  MatrixProduct(WeightMatrix weight, Scratch scratch) {
    this.scratch = scratch;
    columns = weight.columns();
    paddedColumns = Lanes.roundUp(columns);
    panelBytes = 4L * SIDE * paddedColumns;
    blockRows = Math.clamp(PANEL_BYTES / panelBytes, 1, LARGEST_BLOCK / SIDE) * SIDE;
    paddedAt = panelAt(blockRows / SIDE);
    scratch.reserve(paddedAt + (paddedColumns > columns ? panelBytes : 0));
    scratch.warmUp().warm(weight);
  }

  /** The most rows of the weights in one call. */
  int blockRows() {
    return blockRows;
  }

  /** How many calls cover so many rows of the weights. */
  int blocks(int rows) {
    return Math.ceilDiv(rows, blockRows);
  }

  /**
   * Multiplies: element {@code r} of output row {@code i} is weight row {@code firstRow + r} times
   * row {@code i} of x.
   *
   * @param weight the weights
   * @param firstRow first row of the weights
   * @param rows how many, at most {@link #blockRows}
   * @param x the rows
   * @param xShift bytes from the start of a row of x to the elements to multiply
   * @param out takes the products
   * @param outShift bytes from the start of an output row to its first product
   * @param first first row of x and out
   * @param count how many
   * @param worker who computes
   */
  void multiply(
      WeightMatrix weight,
      int firstRow,
      int rows,
      Operand x,
      long xShift,
      Operand out,
      long outShift,
      int first,
      int count,
      int worker) {
    if (count == 1 || (count <= FEW && !weight.isDecodedFirst())) {
      for (int i = first; i < first + count; i++) {
        long xAt = x.at(i) + xShift;
        long outAt = out.at(i) + outShift;
        multiplyOne(weight, firstRow, rows, x.segment(), xAt, out.segment(), outAt, worker);
      }
      return;
    }
    widen(weight, firstRow, rows, worker);
    MemorySegment memory = scratch.of(worker);
    for (int i = 0; i < count; i += SIDE) {
      multiplyTiles(rows, x, xShift, out, outShift, first + i, Math.min(SIDE, count - i), memory);
    }
  }

  private void multiplyOne(
      WeightMatrix weight,
      int firstRow,
      int rows,
      MemorySegment x,
      long xAt,
      MemorySegment out,
      long outAt,
      int worker) {
    MemorySegment memory = scratch.of(worker);
    for (int row = 0; row < rows; row += DOTS) {
      int live = Math.min(DOTS, rows - row);
      for (int i = 0; i < live; i++) {
        weight.dot(firstRow + row + i, x, xAt, memory, LANES_AT + BYTES * i, worker);
      }
      LaneSums.ofEach(memory, LANES_AT, memory, SUMS_AT);
      MemorySegment.copy(memory, SUMS_AT, out, outAt + 4L * row, 4L * live);
    }
  }

  /** Fills the panels. Rows that are missing in the last one are copies of the last row. */
  private void widen(WeightMatrix weight, int firstRow, int rows, int worker) {
    MemorySegment memory = scratch.of(worker);
    for (int row = 0; row < Math.ceilDiv(rows, SIDE) * SIDE; row++) {
      long panelAt = panelAt(row / SIDE) + BYTES * (row % SIDE);
      weight.widen(firstRow + Math.min(row, rows - 1), memory, panelAt, BYTES * SIDE, worker);
    }
  }

  private long panelAt(int panel) {
    return PANELS_AT + panel * panelBytes;
  }

  /** Up to four rows of x by all panels. A missing row is computed as a copy of the last one. */
  private void multiplyTiles(
      int rows,
      Operand x,
      long xShift,
      Operand out,
      long outShift,
      int first,
      int live,
      MemorySegment memory) {
    MemorySegment source = x.segment();
    int last = first + live - 1;
    long x0 = x.at(first) + xShift;
    long x1 = x.at(Math.min(first + 1, last)) + xShift;
    long x2 = x.at(Math.min(first + 2, last)) + xShift;
    long x3 = x.at(Math.min(first + 3, last)) + xShift;
    if (paddedColumns > columns) {
      x0 = pad(source, x0, memory, 0);
      x1 = pad(source, x1, memory, 1);
      x2 = pad(source, x2, memory, 2);
      x3 = pad(source, x3, memory, 3);
      source = memory;
    }
    for (int row = 0; row < rows; row += SIDE) {
      long panelAt = panelAt(row / SIDE);
      DotTile.multiply(memory, panelAt, source, x0, x1, x2, x3, paddedColumns, memory, SUMS_AT);
      long bytes = 4L * Math.min(SIDE, rows - row);
      for (int i = 0; i < live; i++) {
        long sumsAt = SUMS_AT + 4L * SIDE * i;
        long outAt = out.at(first + i) + outShift + 4L * row;
        MemorySegment.copy(memory, sumsAt, out.segment(), outAt, bytes);
      }
    }
  }

  /** Copies a row that does not fill its last vector. */
  private long pad(MemorySegment x, long xAt, MemorySegment memory, int index) {
    long at = paddedAt + 4L * paddedColumns * index;
    F32Format.INSTANCE.widen(x, xAt, columns, memory, at, BYTES);
    return at;
  }
}
