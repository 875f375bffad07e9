package org.mla4j.core.cpu.packed;

import static org.mla4j.core.cpu.packed.PackedMatrix.GROUP;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mla4j.api.backend.EngineContext;

/** Fills matrices, each piece on one thread. */
final class Packer {
  private final EngineContext engine;

  /** What a worker reads rows into. Kept: memory that was freed is as dear as fresh memory. */
  private final MemorySegment[] buffers;

  Packer(EngineContext engine) {
    this.engine = engine;
    buffers = new MemorySegment[engine.parallel().threads()];
    Arrays.fill(buffers, MemorySegment.NULL);
  }

  /**
   * Fills a matrix.
   *
   * @param name of the weight, to account for its memory
   * @param rows what it is filled from
   * @param matrix without memory, or filled before
   * @return false if the rows have values that the format does not know
   */
  boolean pack(String name, RowSource rows, PackedMatrix matrix) {
    int mostGroups = Math.min(matrix.groupsOfPiece(), matrix.groups());
    reserveBuffers(rows.rowBytes() * GROUP * mostGroups);
    AtomicBoolean fits = new AtomicBoolean(true);
    engine
        .parallel()
        .run(
            matrix.pieces(),
            (piece, worker) -> {
              if (!fits.get()) {
                return;
              }
              if (!matrix.hasMemory(piece)) {
                long bytes = Math.max(1, matrix.pieceBytes(piece));
                matrix.setMemory(piece, engine.allocate("packed weight " + name, bytes));
              }
              if (!pack(rows, matrix, piece, worker)) {
                fits.set(false);
              }
            });
    if (fits.get()) {
      rows.finish(matrix);
    }
    return fits.get();
  }

  private boolean pack(RowSource rows, PackedMatrix matrix, int piece, int worker) {
    int next = matrix.firstGroup(piece);
    int end = matrix.firstGroup(piece + 1);
    while (next < end) {
      int section = next / matrix.groups();
      int first = next % matrix.groups();
      int count = Math.min(end - next, matrix.groups() - first);
      if (!pack(rows, matrix, section, first, first + count, worker)) {
        return false;
      }
      next += count;
    }
    return true;
  }

  private boolean pack(
      RowSource rows, PackedMatrix matrix, int section, int firstGroup, int endGroup, int worker) {
    int firstRow = firstGroup * GROUP;
    int count = Math.min(endGroup * GROUP, matrix.rows()) - firstRow;
    BlockCode layout = matrix.format().layout();
    MemorySegment stored = buffers[worker].asSlice(0, count * rows.rowBytes());
    rows.read(section, firstRow, stored);
    if (!layout.knows(stored, (long) count * matrix.columns())) {
      return false;
    }
    for (int group = firstGroup; group < endGroup; group++) {
      int row = group * GROUP;
      layout.pack(
          stored,
          (row - firstRow) * rows.rowBytes(),
          Math.min(GROUP, matrix.rows() - row),
          matrix.columns(),
          matrix.memory(section, group),
          matrix.groupAt(section, group));
    }
    return true;
  }

  /** For all workers at once: which of them have something to do must make no difference later. */
  private void reserveBuffers(long bytes) {
    for (int worker = 0; worker < buffers.length; worker++) {
      if (buffers[worker].byteSize() < bytes) {
        buffers[worker] = engine.allocate("rows to be packed, worker " + worker, bytes);
      }
    }
  }
}
