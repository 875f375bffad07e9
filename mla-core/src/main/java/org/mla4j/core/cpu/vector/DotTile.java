package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.vector.LaneSums.ODD_1;
import static org.mla4j.core.cpu.vector.LaneSums.ODD_2;
import static org.mla4j.core.cpu.vector.LaneSums.ODD_4;
import static org.mla4j.core.cpu.vector.LaneSums.ODD_8;
import static org.mla4j.core.cpu.vector.LaneSums.SWAP_1;
import static org.mla4j.core.cpu.vector.LaneSums.SWAP_2;
import static org.mla4j.core.cpu.vector.LaneSums.SWAP_4;
import static org.mla4j.core.cpu.vector.LaneSums.SWAP_8;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/** The inner loop of dot products between four rows of a panel and four rows of a matrix. */
final class DotTile {
  /** Rows on each side. */
  static final int SIDE = 4;

  /** Dot products in a tile. */
  static final int DOTS = SIDE * SIDE;

  private DotTile() {}

  /**
   * Multiplies 16 pairs of rows. Whole vectors only: the caller fills the last one with zeros.
   *
   * <p>Four of each, because the 16 sums and their operands fit the registers, and because C2 stays
   * well below its limits.
   *
   * @param panel four rows, interleaved vector by vector: one stream instead of four
   * @param panelAt where they start
   * @param x the matrix
   * @param x0 where its first row starts; {@code x1} to {@code x3} likewise
   * @param length elements of a row; a multiple of {@link Lanes#COUNT}
   * @param sums takes 16 floats: panel rows 0 to 3 times x0, then times x1, and so on
   * @param sumsAt where they go
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
      MemorySegment sums,
      long sumsAt) {
    panel = NativeMemory.of(panel);
    x = NativeMemory.of(x);
    sums = NativeMemory.of(sums);
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
    // Sixteen vectors become one, as LaneSums says: each line adds neighbours of two sums.
    s00 = s00.blend(s01, ODD_1).add(s01.blend(s00, ODD_1).rearrange(SWAP_1));
    s02 = s02.blend(s03, ODD_1).add(s03.blend(s02, ODD_1).rearrange(SWAP_1));
    s10 = s10.blend(s11, ODD_1).add(s11.blend(s10, ODD_1).rearrange(SWAP_1));
    s12 = s12.blend(s13, ODD_1).add(s13.blend(s12, ODD_1).rearrange(SWAP_1));
    s20 = s20.blend(s21, ODD_1).add(s21.blend(s20, ODD_1).rearrange(SWAP_1));
    s22 = s22.blend(s23, ODD_1).add(s23.blend(s22, ODD_1).rearrange(SWAP_1));
    s30 = s30.blend(s31, ODD_1).add(s31.blend(s30, ODD_1).rearrange(SWAP_1));
    s32 = s32.blend(s33, ODD_1).add(s33.blend(s32, ODD_1).rearrange(SWAP_1));
    s00 = s00.blend(s02, ODD_2).add(s02.blend(s00, ODD_2).rearrange(SWAP_2));
    s10 = s10.blend(s12, ODD_2).add(s12.blend(s10, ODD_2).rearrange(SWAP_2));
    s20 = s20.blend(s22, ODD_2).add(s22.blend(s20, ODD_2).rearrange(SWAP_2));
    s30 = s30.blend(s32, ODD_2).add(s32.blend(s30, ODD_2).rearrange(SWAP_2));
    if (COUNT == 4) {
      s00.intoMemorySegment(sums, sumsAt, ORDER);
      s10.intoMemorySegment(sums, sumsAt + BYTES, ORDER);
      s20.intoMemorySegment(sums, sumsAt + 2 * BYTES, ORDER);
      s30.intoMemorySegment(sums, sumsAt + 3 * BYTES, ORDER);
      return;
    }
    s00 = s00.blend(s10, ODD_4).add(s10.blend(s00, ODD_4).rearrange(SWAP_4));
    s20 = s20.blend(s30, ODD_4).add(s30.blend(s20, ODD_4).rearrange(SWAP_4));
    if (COUNT == 8) {
      s00.intoMemorySegment(sums, sumsAt, ORDER);
      s20.intoMemorySegment(sums, sumsAt + BYTES, ORDER);
      return;
    }
    s00 = s00.blend(s20, ODD_8).add(s20.blend(s00, ODD_8).rearrange(SWAP_8));
    s00.intoMemorySegment(sums, sumsAt, ORDER);
  }
}
