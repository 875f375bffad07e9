package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.DOUBLES;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.vector.LaneSums.ODD_1;
import static org.mla4j.core.cpu.vector.LaneSums.SWAP_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * The inner loop of dot products between rows of a matrix and the columns of a panel, as many as a
 * vector has lanes.
 *
 * <p>A dot product has two lanes to itself, one for even and one for odd elements, each from the
 * first element to the last: its value depends neither on the width of vectors nor on what is
 * beside it. Two, because a load that fills all lanes is dearer than a multiplication: one of two
 * neighbours as if they were a double serves twice as many.
 */
final class LaneTile {
  /** Rows in a tile. */
  static final int ROWS = 6;

  private LaneTile() {}

  /** Bytes of a panel whose columns have so many elements. */
  static long panelBytes(int length) {
    return 2 * BYTES * pairs(length);
  }

  /**
   * Makes a row a column of a panel.
   *
   * <p>Layout: of the first two elements of all columns those of even columns fill one vector,
   * those of odd columns the next; then come the next two elements.
   *
   * @param memory both
   * @param rowAt where the row starts; of an odd number of elements the last is followed by a zero
   * @param length its elements
   * @param panelAt where the panel starts
   * @param column which column
   */
  static void put(MemorySegment memory, long rowAt, int length, long panelAt, int column) {
    long at = panelAt + BYTES * (column % 2) + 8L * (column / 2);
    int pairs = pairs(length);
    for (int i = 0; i < pairs; i++) {
      long pair = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, rowAt + 8L * i);
      memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at + 2 * BYTES * i, pair);
    }
  }

  /** Pairs of elements, the last one's second a zero if their number is odd. */
  static int pairs(int length) {
    return Math.ceilDiv(length, 2);
  }

  /**
   * Multiplies six rows by all columns. Six, because their sums and operands fit 16 registers.
   *
   * @param panel the columns, as {@link #put} puts them there
   * @param panelAt where they start
   * @param length elements of a column and of a row
   * @param rows the rows; of an odd number of elements the last is followed by a zero
   * @param rowsAt where the first row starts
   * @param stride bytes from row to row
   * @param out takes a vector for each row
   * @param outAt where the first one goes
   * @param outStride bytes from vector to vector
   */
  static void multiply(
      MemorySegment panel,
      long panelAt,
      int length,
      MemorySegment rows,
      long rowsAt,
      long stride,
      MemorySegment out,
      long outAt,
      long outStride) {
    panel = NativeMemory.of(panel);
    rows = NativeMemory.of(rows);
    out = NativeMemory.of(out);
    long r0 = rowsAt;
    long r1 = r0 + stride;
    long r2 = r1 + stride;
    long r3 = r2 + stride;
    long r4 = r3 + stride;
    long r5 = r4 + stride;
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = s00;
    FloatVector s10 = s00;
    FloatVector s11 = s00;
    FloatVector s20 = s00;
    FloatVector s21 = s00;
    FloatVector s30 = s00;
    FloatVector s31 = s00;
    FloatVector s40 = s00;
    FloatVector s41 = s00;
    FloatVector s50 = s00;
    FloatVector s51 = s00;
    int pairs = pairs(length);
    for (int i = 0; i < pairs; i++) {
      long p = panelAt + 2 * BYTES * i;
      FloatVector p0 = FloatVector.fromMemorySegment(FLOATS, panel, p, ORDER);
      FloatVector p1 = FloatVector.fromMemorySegment(FLOATS, panel, p + BYTES, ORDER);
      FloatVector x =
          DoubleVector.broadcast(DOUBLES, rows.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, r0 + 8L * i))
              .reinterpretAsFloats();
      s00 = x.fma(p0, s00);
      s01 = x.fma(p1, s01);
      x =
          DoubleVector.broadcast(DOUBLES, rows.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, r1 + 8L * i))
              .reinterpretAsFloats();
      s10 = x.fma(p0, s10);
      s11 = x.fma(p1, s11);
      x =
          DoubleVector.broadcast(DOUBLES, rows.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, r2 + 8L * i))
              .reinterpretAsFloats();
      s20 = x.fma(p0, s20);
      s21 = x.fma(p1, s21);
      x =
          DoubleVector.broadcast(DOUBLES, rows.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, r3 + 8L * i))
              .reinterpretAsFloats();
      s30 = x.fma(p0, s30);
      s31 = x.fma(p1, s31);
      x =
          DoubleVector.broadcast(DOUBLES, rows.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, r4 + 8L * i))
              .reinterpretAsFloats();
      s40 = x.fma(p0, s40);
      s41 = x.fma(p1, s41);
      x =
          DoubleVector.broadcast(DOUBLES, rows.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, r5 + 8L * i))
              .reinterpretAsFloats();
      s50 = x.fma(p0, s50);
      s51 = x.fma(p1, s51);
    }
    // Even lanes take the sum of a pair of the first vector, odd lanes that of the second.
    s00 = s00.blend(s01, ODD_1).add(s01.blend(s00, ODD_1).rearrange(SWAP_1));
    s00.intoMemorySegment(out, outAt, ORDER);
    s10 = s10.blend(s11, ODD_1).add(s11.blend(s10, ODD_1).rearrange(SWAP_1));
    s10.intoMemorySegment(out, outAt + outStride, ORDER);
    s20 = s20.blend(s21, ODD_1).add(s21.blend(s20, ODD_1).rearrange(SWAP_1));
    s20.intoMemorySegment(out, outAt + 2 * outStride, ORDER);
    s30 = s30.blend(s31, ODD_1).add(s31.blend(s30, ODD_1).rearrange(SWAP_1));
    s30.intoMemorySegment(out, outAt + 3 * outStride, ORDER);
    s40 = s40.blend(s41, ODD_1).add(s41.blend(s40, ODD_1).rearrange(SWAP_1));
    s40.intoMemorySegment(out, outAt + 4 * outStride, ORDER);
    s50 = s50.blend(s51, ODD_1).add(s51.blend(s50, ODD_1).rearrange(SWAP_1));
    s50.intoMemorySegment(out, outAt + 5 * outStride, ORDER);
  }
}
