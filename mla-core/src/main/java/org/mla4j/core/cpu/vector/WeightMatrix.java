package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * A matrix of weights where it is stored, usually a mapped file.
 *
 * @param segment the memory
 * @param start where row 0 starts; not aligned to anything
 * @param format how elements are stored
 * @param rows outputs
 * @param columns inputs
 */
record WeightMatrix(MemorySegment segment, long start, FloatFormat format, int rows, int columns) {
  /** Takes a matrix of weights. */
  static WeightMatrix of(WeightHandle handle, CpuContext context) {
    Tensor matrix = context.weights().inPlace(handle);
    return new WeightMatrix(
        matrix.segment(),
        matrix.byteOffset(),
        FloatFormat.of(matrix.dtype()),
        Math.toIntExact(matrix.shape().extent(0)),
        Math.toIntExact(matrix.shape().extent(1)));
  }

  /** Where a row starts. */
  long at(int row) {
    return start + (long) row * columns * format.elementBytes();
  }
}
