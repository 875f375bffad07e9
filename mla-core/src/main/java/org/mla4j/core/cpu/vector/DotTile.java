package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.Lanes.COUNT;
import static org.mla4j.core.cpu.vector.Lanes.FLOATS;
import static org.mla4j.core.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** The inner loop of dot products between four rows of a panel and four rows of a matrix. */
final class DotTile {
  /** Rows on each side. */
  static final int SIDE = 4;

  /** Dot products in a tile. */
  static final int DOTS = SIDE * SIDE;

  private DotTile() {}

  /**
   * Multiplies 16 pairs of rows. Whole vectors only: the rest of a row is the caller's.
   *
   * <p>Four of each, because the 16 sums and their operands fit the registers, and because C2 stays
   * well below its limits.
   *
   * @param panel four rows, interleaved vector by vector: one stream instead of four
   * @param panelAt where they start
   * @param x the matrix
   * @param x0 where its first row starts; {@code x1} to {@code x3} likewise
   * @param length elements of a row; a multiple of {@link Lanes#COUNT}
   * @param lanes takes 16 vectors of partial sums: panel rows 0 to 3 for x0, then for x1, and so on
   * @param lanesAt where they go
   */
  static void multiply(
      MemorySegment panel,
      long panelAt,
      MemorySegment x,
      long x0,
      long x1,
      long x2,
      long x3,
      int length,
      MemorySegment lanes,
      long lanesAt) {
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
    for (int i = 0; i < length; i += COUNT) {
      long p = panelAt + 4L * SIDE * i;
      FloatVector p0 = FloatVector.fromMemorySegment(FLOATS, panel, p, ORDER);
      FloatVector p1 = FloatVector.fromMemorySegment(FLOATS, panel, p + BYTES, ORDER);
      FloatVector p2 = FloatVector.fromMemorySegment(FLOATS, panel, p + 2 * BYTES, ORDER);
      FloatVector p3 = FloatVector.fromMemorySegment(FLOATS, panel, p + 3 * BYTES, ORDER);
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, x, x0 + 4L * i, ORDER);
      s00 = p0.fma(v, s00);
      s01 = p1.fma(v, s01);
      s02 = p2.fma(v, s02);
      s03 = p3.fma(v, s03);
      v = FloatVector.fromMemorySegment(FLOATS, x, x1 + 4L * i, ORDER);
      s10 = p0.fma(v, s10);
      s11 = p1.fma(v, s11);
      s12 = p2.fma(v, s12);
      s13 = p3.fma(v, s13);
      v = FloatVector.fromMemorySegment(FLOATS, x, x2 + 4L * i, ORDER);
      s20 = p0.fma(v, s20);
      s21 = p1.fma(v, s21);
      s22 = p2.fma(v, s22);
      s23 = p3.fma(v, s23);
      v = FloatVector.fromMemorySegment(FLOATS, x, x3 + 4L * i, ORDER);
      s30 = p0.fma(v, s30);
      s31 = p1.fma(v, s31);
      s32 = p2.fma(v, s32);
      s33 = p3.fma(v, s33);
    }
    s00.intoMemorySegment(lanes, lanesAt, ORDER);
    s01.intoMemorySegment(lanes, lanesAt + BYTES, ORDER);
    s02.intoMemorySegment(lanes, lanesAt + 2 * BYTES, ORDER);
    s03.intoMemorySegment(lanes, lanesAt + 3 * BYTES, ORDER);
    s10.intoMemorySegment(lanes, lanesAt + 4 * BYTES, ORDER);
    s11.intoMemorySegment(lanes, lanesAt + 5 * BYTES, ORDER);
    s12.intoMemorySegment(lanes, lanesAt + 6 * BYTES, ORDER);
    s13.intoMemorySegment(lanes, lanesAt + 7 * BYTES, ORDER);
    s20.intoMemorySegment(lanes, lanesAt + 8 * BYTES, ORDER);
    s21.intoMemorySegment(lanes, lanesAt + 9 * BYTES, ORDER);
    s22.intoMemorySegment(lanes, lanesAt + 10 * BYTES, ORDER);
    s23.intoMemorySegment(lanes, lanesAt + 11 * BYTES, ORDER);
    s30.intoMemorySegment(lanes, lanesAt + 12 * BYTES, ORDER);
    s31.intoMemorySegment(lanes, lanesAt + 13 * BYTES, ORDER);
    s32.intoMemorySegment(lanes, lanesAt + 14 * BYTES, ORDER);
    s33.intoMemorySegment(lanes, lanesAt + 15 * BYTES, ORDER);
  }
}
