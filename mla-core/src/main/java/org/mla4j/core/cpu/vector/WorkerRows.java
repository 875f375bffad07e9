package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.packed.PackedMatrix.GROUP;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.Panel;

/**
 * Multiplies a few rows of floats by 64 rows of packed weights at a time, as these lie. A worker
 * keeps the rows that it last multiplied.
 */
final class WorkerRows {
  /** The most rows that are multiplied faster so than with a {@link PanelProduct panel}. */
  static final int MOST = 4;

  private static final int NONE = -1;

  /** What {@link #multiply} needs of a worker's scratch memory. */
  static final long SCRATCH_BYTES = 4L * GROUP;

  private final RowInput rows;
  private final int[] kept;

  /**
   * Allocates.
   *
   * @param workers how many there are
   * @param matrix what rows are multiplied with
   */
  WorkerRows(int workers, PackedMatrix matrix) {
    rows = new RowInput(workers * MOST, matrix);
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
   * @param x rows; of one matrix in all calls of a loop
   * @param out takes the products
   * @param first first row of x and of out
   * @param count how many rows, {@link #MOST} at most; the same ones in all calls with that first
   * @param worker who asks
   * @param memory the worker's scratch memory
   */
  void multiply(
      PackedMatrix weight,
      int panel,
      Operand x,
      Operand out,
      int first,
      int count,
      int worker,
      MemorySegment memory) {
    if (kept[worker] != first) {
      for (int i = 0; i < count; i++) {
        rows.take(worker * MOST + i, x.segment(), x.at(first + i));
      }
      kept[worker] = first;
    }
    int firstGroup = panel * Panel.GROUPS;
    int end = Math.min(firstGroup + Panel.GROUPS, weight.groups());
    for (int group = firstGroup; group < end; group++) {
      int output = group * GROUP;
      int outputs = Math.min(GROUP, weight.rows() - output);
      for (int i = 0; i < count; i++) {
        rows.multiply(worker * MOST + i, weight, 0, group, memory, 0);
        long outAt = out.at(first + i) + 4L * output;
        MemorySegment.copy(memory, 0, out.segment(), outAt, 4L * outputs);
      }
    }
  }
}
