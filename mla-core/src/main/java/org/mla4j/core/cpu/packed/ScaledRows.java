package org.mla4j.core.cpu.packed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightForm.BlockScaled;
import org.mla4j.api.weight.WeightHandle;

/**
 * Rows of codes whose scales lie elsewhere.
 *
 * @param form codes and scales
 * @param rowBytes bytes of a row
 */
record ScaledRows(BlockScaled form, long rowBytes) implements RowSource {
  /** Whether a scale of this weight is one of whole columns as they are packed. */
  static boolean fits(BlockScaled form) {
    return form.blockColumns() % F8Code.SCALED == 0 && form.scales().dtype().isFloat();
  }

  @Override
  public void read(int section, int row, MemorySegment target) {
    form.values().read(row * rowBytes, target);
  }

  @Override
  public void finish(PackedMatrix matrix) {
    WeightHandle scales = form.scales();
    int perRow = Math.toIntExact(scales.shape().extent(1));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(4 * scales.shape().elements(), 4);
      scales.materialise(Tensor.dense(DType.F32, scales.shape(), values));
      for (int row = 0; row < matrix.rows(); row++) {
        int group = row / PackedMatrix.GROUP;
        MemorySegment memory = matrix.memory(0, group);
        long groupAt = matrix.groupAt(0, group);
        for (int i = 0; i < Math.ceilDiv(matrix.columns(), F8Code.SCALED); i++) {
          int column = i * F8Code.SCALED / form.blockColumns();
          long index = (long) row / form.blockRows() * perRow + column;
          float scale = values.getAtIndex(ValueLayout.JAVA_FLOAT, index);
          F8Code.packScale(memory, groupAt, row % PackedMatrix.GROUP, i, scale);
        }
      }
    }
  }
}
