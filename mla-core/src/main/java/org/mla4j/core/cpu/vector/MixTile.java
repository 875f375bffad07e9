package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/** The inner loop of weighted sums of rows: four sums over the same rows at once. */
final class MixTile {
  /** Sums in a tile. */
  static final int SUMS = 4;

  /** Elements of a row in a tile. */
  static final int WIDTH = 4 * COUNT;

  private MixTile() {}

  /**
   * Adds up rows, each times four factors, from the first row to the last.
   *
   * @param factors for each row four floats
   * @param factorsAt where they start; those of the next row follow {@link Lanes#BYTES} later
   * @param rows the rows
   * @param rowsAt where the first row starts
   * @param stride bytes from row to row
   * @param count how many rows; 0 gives zeros
   * @param out takes {@link #WIDTH} elements of each sum
   * @param out0 where those of the first sum go; {@code out1} to {@code out3} likewise
   */
  static void mix(
      MemorySegment factors,
      long factorsAt,
      MemorySegment rows,
      long rowsAt,
      long stride,
      int count,
      MemorySegment out,
      long out0,
      long out1,
      long out2,
      long out3) {
    factors = NativeMemory.of(factors);
    rows = NativeMemory.of(rows);
    out = NativeMemory.of(out);
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = s00;
    FloatVector s02 = s00;
    FloatVector s03 = s00;
    FloatVector s10 = s00;
    FloatVector s11 = s00;
    FloatVector s12 = s00;
    FloatVector s13 = s00;
    FloatVector s20 = s00;
    FloatVector s21 = s00;
    FloatVector s22 = s00;
    FloatVector s23 = s00;
    FloatVector s30 = s00;
    FloatVector s31 = s00;
    FloatVector s32 = s00;
    FloatVector s33 = s00;
    long r = rowsAt;
    for (int i = 0; i < count; i++) {
      long f = factorsAt + BYTES * i;
      FloatVector r0 = FloatVector.fromMemorySegment(FLOATS, rows, r, ORDER);
      FloatVector r1 = FloatVector.fromMemorySegment(FLOATS, rows, r + BYTES, ORDER);
      FloatVector r2 = FloatVector.fromMemorySegment(FLOATS, rows, r + 2 * BYTES, ORDER);
      FloatVector r3 = FloatVector.fromMemorySegment(FLOATS, rows, r + 3 * BYTES, ORDER);
      FloatVector factor =
          FloatVector.broadcast(FLOATS, factors.get(ValueLayout.JAVA_FLOAT_UNALIGNED, f));
      s00 = r0.fma(factor, s00);
      s01 = r1.fma(factor, s01);
      s02 = r2.fma(factor, s02);
      s03 = r3.fma(factor, s03);
      factor = FloatVector.broadcast(FLOATS, factors.get(ValueLayout.JAVA_FLOAT_UNALIGNED, f + 4));
      s10 = r0.fma(factor, s10);
      s11 = r1.fma(factor, s11);
      s12 = r2.fma(factor, s12);
      s13 = r3.fma(factor, s13);
      factor = FloatVector.broadcast(FLOATS, factors.get(ValueLayout.JAVA_FLOAT_UNALIGNED, f + 8));
      s20 = r0.fma(factor, s20);
      s21 = r1.fma(factor, s21);
      s22 = r2.fma(factor, s22);
      s23 = r3.fma(factor, s23);
      factor = FloatVector.broadcast(FLOATS, factors.get(ValueLayout.JAVA_FLOAT_UNALIGNED, f + 12));
      s30 = r0.fma(factor, s30);
      s31 = r1.fma(factor, s31);
      s32 = r2.fma(factor, s32);
      s33 = r3.fma(factor, s33);
      r += stride;
    }
    s00.intoMemorySegment(out, out0, ORDER);
    s01.intoMemorySegment(out, out0 + BYTES, ORDER);
    s02.intoMemorySegment(out, out0 + 2 * BYTES, ORDER);
    s03.intoMemorySegment(out, out0 + 3 * BYTES, ORDER);
    s10.intoMemorySegment(out, out1, ORDER);
    s11.intoMemorySegment(out, out1 + BYTES, ORDER);
    s12.intoMemorySegment(out, out1 + 2 * BYTES, ORDER);
    s13.intoMemorySegment(out, out1 + 3 * BYTES, ORDER);
    s20.intoMemorySegment(out, out2, ORDER);
    s21.intoMemorySegment(out, out2 + BYTES, ORDER);
    s22.intoMemorySegment(out, out2 + 2 * BYTES, ORDER);
    s23.intoMemorySegment(out, out2 + 3 * BYTES, ORDER);
    s30.intoMemorySegment(out, out3, ORDER);
    s31.intoMemorySegment(out, out3 + BYTES, ORDER);
    s32.intoMemorySegment(out, out3 + 2 * BYTES, ORDER);
    s33.intoMemorySegment(out, out3 + 3 * BYTES, ORDER);
  }
}
