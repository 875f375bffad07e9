package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.packed.PackedMatrix.GROUP;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.Panel;

/**
 * Multiplies single rows of floats by 64 rows of packed weights at a time, which are read once, as
 * they lie. A worker keeps the row that it last multiplied.
 */
final class WorkerRows {
  private static final int NONE = -1;

  /** What {@link #multiply} needs of a worker's scratch memory. */
  static final long SCRATCH_BYTES = Panel.STRIDE;

  private final RowInput rows;
  private final int[] kept;

  /**
   * Allocates.
   *
   * @param workers how many there are
   * @param matrix what rows are multiplied with
   */
  WorkerRows(int workers, PackedMatrix matrix) {
    rows = new RowInput(workers, matrix);
    kept = new int[workers];
  }

  /** Called before each loop: forgets the rows that workers kept. */
  void begin() {
    Arrays.fill(kept, NONE);
  }

  /**
   * Multiplies.
   *
   * @param weight the weights
   * @param panel which 64 rows of them
   * @param x rows, the same in all calls of a loop
   * @param out takes the products
   * @param row which row of x and of out
   * @param worker who asks
   * @param memory the worker's scratch memory
   */
  void multiply(
      PackedMatrix weight,
      int panel,
      Operand x,
      Operand out,
      int row,
      int worker,
      MemorySegment memory) {
    if (kept[worker] != row) {
      rows.take(worker, x.segment(), x.at(row));
      kept[worker] = row;
    }
    int first = panel * Panel.GROUPS;
    int end = Math.min(first + Panel.GROUPS, weight.groups());
    for (int group = first; group < end; group++) {
      rows.multiply(worker, weight, 0, group, memory, 4L * GROUP * (group - first));
    }
    int outputs = Math.min(Panel.OUTPUTS, weight.rows() - panel * Panel.OUTPUTS);
    long outAt = out.at(row) + 4L * Panel.OUTPUTS * panel;
    MemorySegment.copy(memory, 0, out.segment(), outAt, 4L * outputs);
  }
}
