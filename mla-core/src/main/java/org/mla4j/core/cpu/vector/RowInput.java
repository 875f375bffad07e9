package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.packed.PackedMatrix.SUMMED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.core.cpu.packed.PackedMatrix;

/**
 * Single rows of floats as products with {@link PackedMatrix groups} read them: in an array, with
 * zeros behind, and with the sums of some at a time. An array, because of it C2 makes the least
 * code for a float in all lanes.
 *
 * <p>Threading: each row is filled by one thread, then only read.
 */
final class RowInput {
  private final int width;
  private final int columns;
  private final boolean hasSums;
  private final float[] values;
  private final float[] sums;

  /**
   * Allocates.
   *
   * @param rows how many
   * @param matrix what they are multiplied with
   */
  RowInput(int rows, PackedMatrix matrix) {
    width = matrix.columns();
    columns = matrix.paddedColumns();
    hasSums = matrix.needsSums();
    values = new float[rows * columns];
    sums = new float[hasSums ? rows * columns / SUMMED : 0];
  }

  /** Copies a row. */
  void take(int row, MemorySegment memory, long at) {
    take(row, 0, width, memory, at);
  }

  /** Copies a part of a row, from a multiple of 16 elements on; to one, or to the row's end. */
  void take(int row, int first, int count, MemorySegment memory, long at) {
    int from = row * columns + first;
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, at, values, from, count);
    for (int i = from; hasSums && i < from + count; i += SUMMED) {
      float sum = 0;
      for (int j = i; j < i + SUMMED; j++) {
        sum += values[j];
      }
      sums[i / SUMMED] = sum;
    }
  }

  /** Multiplies a group of a matrix by a row. */
  void multiply(
      int row, PackedMatrix matrix, int section, int group, MemorySegment out, long outAt) {
    int at = row * columns;
    matrix.multiply(section, group, values, at, sums, at / SUMMED, out, outAt);
  }
}
