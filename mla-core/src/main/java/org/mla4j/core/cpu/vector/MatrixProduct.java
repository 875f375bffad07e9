package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.DotTile.DOTS;
import static org.mla4j.core.cpu.vector.DotTile.SIDE;
import static org.mla4j.core.cpu.vector.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.Lanes.COUNT;
import static org.mla4j.core.cpu.vector.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Multiplies blocks of a weight matrix by rows of floats.
 *
 * <p>One row streams through the weights as they are stored. Several rows share the work of
 * converting: a block of weights becomes floats in interleaved panels that stay in the cache while
 * all rows pass by. Both sum in the same order.
 */
final class MatrixProduct {
  /** Half of a usual second-level cache; the other half is for the rows. */
  private static final int PANEL_BYTES = 256 * 1024;

  private static final int LARGEST_BLOCK = 64;

  private static final long SUMS_AT = 0;
  private static final long LANES_AT = SUMS_AT + 4L * DOTS;
  private static final long PANELS_AT = LANES_AT + (long) DOTS * BYTES;

  private final Scratch scratch;
  private final int columns;
  private final int blockRows;
  private final long panelBytes;

  /**
   * Reserves scratch memory.
   *
   * @param columns elements of a row of the weights
   * @param scratch where the scratch memory comes from
   */
  MatrixProduct(int columns, Scratch scratch) {
    this.scratch = scratch;
    this.columns = columns;
    panelBytes = 4L * SIDE * Lanes.roundUp(columns);
    blockRows = Math.clamp(PANEL_BYTES / panelBytes, 1, LARGEST_BLOCK / SIDE) * SIDE;
    scratch.reserve(PANELS_AT + blockRows / SIDE * panelBytes);
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
    MemorySegment memory = scratch.of(worker);
    if (count == 1) {
      long xAt = x.at(first) + xShift;
      long outAt = out.at(first) + outShift;
      multiplyOne(weight, firstRow, rows, x.segment(), xAt, out.segment(), outAt, memory);
      return;
    }
    widen(weight, firstRow, rows, memory);
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
      MemorySegment memory) {
    for (int row = 0; row < rows; row += DOTS) {
      int live = Math.min(DOTS, rows - row);
      for (int i = 0; i < live; i++) {
        long weightAt = weight.at(firstRow + row + i);
        long lanesAt = LANES_AT + (long) BYTES * i;
        weight.format().dot(weight.segment(), weightAt, x, xAt, columns, memory, lanesAt);
      }
      LaneSums.ofEach(memory, LANES_AT, memory, SUMS_AT);
      MemorySegment.copy(memory, SUMS_AT, out, outAt + 4L * row, 4L * live);
    }
  }

  /** Fills the panels. Rows that are missing in the last one are copies of the last row. */
  private void widen(WeightMatrix weight, int firstRow, int rows, MemorySegment memory) {
    for (int row = 0; row < Math.ceilDiv(rows, SIDE) * SIDE; row++) {
      long weightAt = weight.at(firstRow + Math.min(row, rows - 1));
      long panelAt = panelAt(row / SIDE) + (long) BYTES * (row % SIDE);
      weight
          .format()
          .widen(weight.segment(), weightAt, columns, memory, panelAt, (long) BYTES * SIDE);
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
    int last = first + live - 1;
    long x0 = x.at(first) + xShift;
    long x1 = x.at(Math.min(first + 1, last)) + xShift;
    long x2 = x.at(Math.min(first + 2, last)) + xShift;
    long x3 = x.at(Math.min(first + 3, last)) + xShift;
    int whole = FLOATS.loopBound(columns);
    for (int row = 0; row < rows; row += SIDE) {
      long panelAt = panelAt(row / SIDE);
      DotTile.multiply(memory, panelAt, x.segment(), x0, x1, x2, x3, whole, memory, LANES_AT);
      if (whole < columns) {
        long restAt = panelAt + 4L * SIDE * whole;
        addRest(memory, restAt, x.segment(), x0 + 4L * whole, 0, columns - whole);
        addRest(memory, restAt, x.segment(), x1 + 4L * whole, 1, columns - whole);
        addRest(memory, restAt, x.segment(), x2 + 4L * whole, 2, columns - whole);
        addRest(memory, restAt, x.segment(), x3 + 4L * whole, 3, columns - whole);
      }
      LaneSums.ofEach(memory, LANES_AT, memory, SUMS_AT);
      long bytes = 4L * Math.min(SIDE, rows - row);
      for (int i = 0; i < live; i++) {
        long sumsAt = SUMS_AT + 4L * SIDE * i;
        MemorySegment.copy(
            memory, sumsAt, out.segment(), out.at(first + i) + outShift + 4L * row, bytes);
      }
    }
  }

  /** Adds what is left of a row of x after its last whole vector to the partial sums. */
  private static void addRest(
      MemorySegment memory, long restAt, MemorySegment x, long xAt, int tileRow, int length) {
    for (int row = 0; row < SIDE; row++) {
      for (int i = 0; i < length; i++) {
        long lane = LANES_AT + (long) BYTES * (SIDE * tileRow + row) + 4L * i;
        float weight =
            memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, restAt + 4L * (COUNT * row + i));
        float value = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * i);
        float partial = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, lane);
        memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, lane, Math.fma(weight, value, partial));
      }
    }
  }
}
