package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.DType;

/**
 * How stored floats are read. Each format has its own inner loops, with the conversion inside; it
 * is exact, so all formats share one order of operations.
 *
 * <p>Addresses need not be aligned.
 */
sealed interface FloatFormat extends CellFormat permits Bf16Format, F16Format, F32Format {
  /**
   * Returns the format of a type.
   *
   * @param dtype F32, BF16 or F16
   */
  static FloatFormat of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32Format.INSTANCE;
      case BF16 -> Bf16Format.INSTANCE;
      case F16 -> F16Format.INSTANCE;
      default -> throw new IllegalArgumentException("Elements of type " + dtype);
    };
  }

  /** Tells whether there is a format for a type. */
  static boolean has(DType dtype) {
    return dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.F16;
  }

  /**
   * Multiplies a stored row by a row of floats. One row at a time: a single stream reads memory at
   * full speed on every machine, several at once do not.
   *
   * @param row where the stored row is
   * @param rowAt where it starts
   * @param x where the floats are
   * @param xAt where they start
   * @param length elements of both
   * @param lanes takes one vector: a partial sum for each lane
   * @param lanesAt where it goes
   */
  void dot(
      MemorySegment row,
      long rowAt,
      MemorySegment x,
      long xAt,
      int length,
      MemorySegment lanes,
      long lanesAt);

  /**
   * Adds a stored row, times a factor, to a row of floats.
   *
   * @param row where the stored row is
   * @param rowAt where it starts
   * @param length elements of both
   * @param factor what the stored row is multiplied by
   * @param sum what is added to
   * @param sumAt where it starts
   */
  void addScaled(
      MemorySegment row, long rowAt, int length, float factor, MemorySegment sum, long sumAt);
}
