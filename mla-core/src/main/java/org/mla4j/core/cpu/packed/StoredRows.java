package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.weight.WeightHandle;

/**
 * Rows of a plain weight.
 *
 * @param weight the weight
 * @param rowBytes bytes of a row
 * @param first row that is the first one of section 0
 * @param step rows from the first one of a section to the first one of the next
 */
record StoredRows(WeightHandle weight, long rowBytes, long first, long step) implements RowSource {
  /** All rows, as one section. */
  static StoredRows of(WeightHandle weight, int columns) {
    return new StoredRows(weight, weight.dtype().byteCount(columns), 0, 0);
  }

  @Override
  public void read(int section, int row, MemorySegment target) {
    weight.read((first + section * step + row) * rowBytes, target);
  }
}
