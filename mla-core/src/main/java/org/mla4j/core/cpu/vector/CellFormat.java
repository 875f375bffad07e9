package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.DType;

/** How the cells of a cache become floats. Addresses need not be aligned. */
sealed interface CellFormat permits FloatFormat, F8Cells {
  /** Returns the format of a cache. */
  static CellFormat of(CacheSpec cache) {
    return cache.dtype() == DType.F8_E4M3
        ? new F8Cells(cache.scale())
        : FloatFormat.of(cache.dtype());
  }

  /** Bytes of an element. */
  int elementBytes();

  /**
   * Converts a stored row to floats and fills its last vector with zeros.
   *
   * @param row where the stored row is
   * @param rowAt where it starts
   * @param length elements
   * @param out takes the vectors
   * @param outAt where the first one goes
   * @param stride bytes from vector to vector
   */
  void widen(MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride);
}
