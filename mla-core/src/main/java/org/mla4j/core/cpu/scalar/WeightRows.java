package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;

/** A matrix of weights, read in place: one row at a time is widened into scratch memory. */
final class WeightRows {
  private final MemorySegment segment;
  private final long start;
  private final Cells cells;
  private final int rows;
  private final int columns;

  private WeightRows(Tensor matrix) {
    segment = matrix.segment();
    start = matrix.byteOffset();
    cells = Cells.of(matrix.dtype());
    rows = Math.toIntExact(matrix.shape().extent(0));
    columns = Math.toIntExact(matrix.shape().extent(1));
  }

  /** Takes a matrix and reserves scratch memory for one of its rows. */
  static WeightRows of(WeightHandle matrix, CpuContext context) {
    WeightRows taken = new WeightRows(context.weights().inPlace(matrix));
    context.scratch().reserve(taken.columns);
    return taken;
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  /** Widens a row into the start of an array. */
  void widen(int row, float[] into) {
    cells.widen(segment, start + row * cells.bytes(columns), into, columns);
  }
}
