package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.spec.CacheSpec;

/** How floats become the cells of a cache: bit for bit as one element at a time is rounded. */
sealed interface CellWriter permits Bf16Writer, CellWriter.F16, CellWriter.F32, F8Writer {
  /** Returns the writer of a cache. */
  static CellWriter of(CacheSpec cache) {
    return switch (cache.dtype()) {
      case F32 -> new F32();
      case F16 -> new F16();
      case BF16 -> new Bf16Writer();
      case F8_E4M3 -> new F8Writer(cache.scale());
      default -> throw new IllegalArgumentException("Cells of type " + cache.dtype());
    };
  }

  /**
   * Rounds a row and writes it.
   *
   * @param row the floats
   * @param rowAt where they start
   * @param length how many
   * @param cells takes them
   * @param cellsAt where the first one goes; need not be aligned
   */
  void write(MemorySegment row, long rowAt, int length, MemorySegment cells, long cellsAt);

  /** Floats as they are. */
  record F32() implements CellWriter {
    @Override
    public void write(
        MemorySegment row, long rowAt, int length, MemorySegment cells, long cellsAt) {
      MemorySegment.copy(row, rowAt, cells, cellsAt, 4L * length);
    }
  }

  /** Half-precision floats, which the machine converts by itself. */
  record F16() implements CellWriter {
    @Override
    public void write(
        MemorySegment row, long rowAt, int length, MemorySegment cells, long cellsAt) {
      for (int i = 0; i < length; i++) {
        float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, rowAt + 4L * i);
        short half = Float.floatToFloat16(value);
        cells.set(ValueLayout.JAVA_SHORT_UNALIGNED, cellsAt + 2L * i, half);
      }
    }
  }
}
