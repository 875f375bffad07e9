package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.INTS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q6_K: lower 4 bits, upper 2 bits, 16 signed scales, scale of scales. Each half of the block has
 * 64 bytes of lower bits, two runs in each 32 of them, and 32 of upper bits, four runs in all of
 * them; integers are stored 32 too large.
 */
final class Q6KBlocks implements BlockFormat {
  static final Q6KBlocks INSTANCE = new Q6KBlocks();

  private static final int ELEMENTS = 256;
  private static final int HALF = ELEMENTS / 2;
  private static final int RUN = 32;
  private static final int BLOCK_BYTES = 210;
  private static final int UPPER_AT = 128;
  private static final int SCALES_AT = 192;
  private static final int SCALE_AT = 208;

  /** Elements that share a scale. */
  private static final int PART = 16;

  private Q6KBlocks() {}

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    long block = rowAt;
    long to = outAt;
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block + SCALE_AT));
      for (int run = 0; run < ELEMENTS / RUN; run++) {
        int inHalf = run % (HALF / RUN);
        long lowerBytes = block + (long) HALF / 2 * (run / 4) + (long) RUN * (inHalf % 2);
        long upperBytes = block + UPPER_AT + (long) RUN * (run / 4);
        int lowerShift = inHalf / 2 * 4;
        int upperShift = inHalf * 2;
        for (int j = 0; j < RUN; j += CODE_COUNT) {
          long scaleAt = block + SCALES_AT + 2L * run + j / PART;
          float step = scale * row.get(ValueLayout.JAVA_BYTE, scaleAt);
          ByteVector lower = ByteVector.fromMemorySegment(CODES, row, lowerBytes + j, ORDER);
          ByteVector upper = ByteVector.fromMemorySegment(CODES, row, upperBytes + j, ORDER);
          for (int part = 0; part < PARTS; part++) {
            IntVector low =
                ((IntVector) lower.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part))
                    .lanewise(VectorOperators.LSHR, lowerShift)
                    .and(15);
            IntVector high =
                ((IntVector) upper.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part))
                    .lanewise(VectorOperators.LSHR, upperShift)
                    .and(3)
                    .lanewise(VectorOperators.LSHL, 4);
            ((FloatVector) low.or(high).sub(32).convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(step)
                .intoMemorySegment(out, to, ORDER);
            to += stride;
          }
        }
      }
      block += BLOCK_BYTES;
    }
  }
}
