package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.INTS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q4_K: scale of scales, scale of least values, 8 pairs of 6 bits, 128 pairs of integers; of two in
 * a byte the lower is of a part of 32, the upper of the next.
 */
final class Q4KBlocks implements BlockFormat {
  static final Q4KBlocks INSTANCE = new Q4KBlocks();

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int ELEMENTS = 256;
  private static final int PART = 32;
  private static final int BLOCK_BYTES = 144;
  private static final int SCALES_AT = 4;
  private static final int PAIRS_AT = 16;

  /** The lower six bits of each of four bytes. */
  private static final int SIX_BITS = 0x3F3F3F3F;

  private static final int FOUR_BITS = 0x0F0F0F0F;
  private static final int TOP_TWO_BITS = 0xC0C0C0C0;

  private Q4KBlocks() {}

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    long block = rowAt;
    long to = outAt;
    long partVectors = stride * (PART / COUNT);
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block));
      float leastScale = Float.float16ToFloat(row.get(SCALE, block + 2));
      // Eight bytes each: of the last four, the upper two bits lie above those of the first four.
      int scaleBits = row.get(INT, block + SCALES_AT);
      int leastBits = row.get(INT, block + SCALES_AT + 4);
      int lowBits = row.get(INT, block + SCALES_AT + 8);
      int lastScales = (lowBits & FOUR_BITS) | ((scaleBits & TOP_TWO_BITS) >>> 2);
      int lastLeasts = ((lowBits >>> 4) & FOUR_BITS) | ((leastBits & TOP_TWO_BITS) >>> 2);
      long scales = join(scaleBits & SIX_BITS, lastScales);
      long leasts = join(leastBits & SIX_BITS, lastLeasts);
      for (int pair = 0; pair < ELEMENTS / PART / 2; pair++) {
        float lowerStep = scale * (int) (scales & 63);
        float lowerLeast = leastScale * (int) (leasts & 63);
        float upperStep = scale * (int) (scales >>> 8 & 63);
        float upperLeast = leastScale * (int) (leasts >>> 8 & 63);
        scales >>>= 16;
        leasts >>>= 16;
        long bytes = block + PAIRS_AT + (long) PART * pair;
        for (int j = 0; j < PART; j += CODE_COUNT) {
          ByteVector codes = ByteVector.fromMemorySegment(CODES, row, bytes + j, ORDER);
          for (int part = 0; part < PARTS; part++) {
            IntVector both =
                (IntVector) codes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
            ((FloatVector) both.and(15).convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(lowerStep)
                .sub(lowerLeast)
                .intoMemorySegment(out, to, ORDER);
            ((FloatVector)
                    both.lanewise(VectorOperators.LSHR, 4)
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(upperStep)
                .sub(upperLeast)
                .intoMemorySegment(out, to + partVectors, ORDER);
            to += stride;
          }
        }
        to += partVectors;
      }
      block += BLOCK_BYTES;
    }
  }

  private static long join(int first, int last) {
    return Integer.toUnsignedLong(first) | (long) last << Integer.SIZE;
  }
}
