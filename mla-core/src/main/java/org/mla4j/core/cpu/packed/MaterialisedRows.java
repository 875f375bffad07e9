package org.mla4j.core.cpu.packed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;

/** Rows of a weight that is not stored as such: all of it is materialised until this is closed. */
final class MaterialisedRows implements RowSource {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment elements;
  private final long rowBytes;

  /**
   * Materialises a weight.
   *
   * @param weight {@code [rows, columns]}
   * @param dtype a plain type
   */
  MaterialisedRows(WeightHandle weight, DType dtype) {
    rowBytes = dtype.byteCount(weight.shape().extent(1));
    elements = arena.allocate(dtype.byteCount(weight.shape().elements()), 64);
    try {
      weight.materialise(Tensor.dense(dtype, weight.shape(), elements));
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  /** All elements, row by row. */
  MemorySegment elements() {
    return elements;
  }

  @Override
  public long rowBytes() {
    return rowBytes;
  }

  @Override
  public void read(int section, int row, MemorySegment target) {
    MemorySegment.copy(elements, row * rowBytes, target, 0, target.byteSize());
  }

  @Override
  public void close() {
    arena.close();
  }
}
