package org.mla4j.core.cpu.packed;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mla4j.api.backend.ParallelFor;

/** Fills matrices, some groups of rows at a time on each thread. */
final class Packer {
  /** Bytes that a thread reads at a time, unless sixteen rows are more. */
  private static final long PIECE = 1 << 20;

  private final ParallelFor parallel;

  Packer(ParallelFor parallel) {
    this.parallel = parallel;
  }

  /**
   * Fills a matrix.
   *
   * @param rows what it is filled from
   * @param matrix zeroed, or filled before
   * @return false if the rows have values that the format does not know
   */
  boolean pack(RowSource rows, PackedMatrix matrix) {
    int perTask = (int) Math.max(1, PIECE / (PackedMatrix.GROUP * rows.rowBytes()));
    int tasksPerSection = Math.ceilDiv(matrix.groups(), perTask);
    AtomicBoolean fits = new AtomicBoolean(true);
    parallel.run(
        matrix.sections() * tasksPerSection,
        (task, worker) -> {
          int section = task / tasksPerSection;
          int first = task % tasksPerSection * perTask;
          int end = Math.min(first + perTask, matrix.groups());
          if (fits.get() && !pack(rows, matrix, section, first, end)) {
            fits.set(false);
          }
        });
    if (fits.get()) {
      rows.finish(matrix);
    }
    return fits.get();
  }

  private static boolean pack(
      RowSource rows, PackedMatrix matrix, int section, int firstGroup, int endGroup) {
    int firstRow = firstGroup * PackedMatrix.GROUP;
    int count = Math.min(endGroup * PackedMatrix.GROUP, matrix.rows()) - firstRow;
    BlockCode layout = matrix.format().layout();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(count * rows.rowBytes(), 64);
      rows.read(section, firstRow, stored);
      if (!layout.knows(stored, (long) count * matrix.columns())) {
        return false;
      }
      for (int group = firstGroup; group < endGroup; group++) {
        int row = group * PackedMatrix.GROUP;
        layout.pack(
            stored,
            (row - firstRow) * rows.rowBytes(),
            Math.min(PackedMatrix.GROUP, matrix.rows() - row),
            matrix.columns(),
            matrix.memory(),
            ((long) section * matrix.groups() + group) * matrix.groupBytes());
      }
    }
    return true;
  }
}
