package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.Float8E4M3;

/** Codes of E4M3 times a scale, by a table: rows are converted once for all heads and queries. */
final class F8Cells implements CellFormat {
  private static final int CODES = 256;

  private final float[] values = new float[CODES];

  F8Cells(float scale) {
    for (int code = 0; code < CODES; code++) {
      values[code] = Float8E4M3.toFloat((byte) code) * scale;
    }
  }

  @Override
  public int elementBytes() {
    return 1;
  }

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    for (int i = 0; i < Lanes.roundUp(length); i++) {
      float value =
          i < length ? values[Byte.toUnsignedInt(row.get(ValueLayout.JAVA_BYTE, rowAt + i))] : 0;
      long at = outAt + i / COUNT * stride + 4L * (i % COUNT);
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
    }
  }
}
