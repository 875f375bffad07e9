package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.INTS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q4_0: a scale, 16 pairs of integers that are stored 8 too large. The lower of a pair is of the
 * first half of the block, the upper of the second.
 */
final class Q4Blocks implements BlockFormat.Direct {
  static final Q4Blocks INSTANCE = new Q4Blocks();

  private static final int ELEMENTS = 32;
  private static final int HALF = ELEMENTS / 2;
  private static final int BLOCK_BYTES = 18;
  private static final int BIAS = 8;

  private Q4Blocks() {}

  @Override
  public void dot(
      MemorySegment row,
      long rowAt,
      MemorySegment x,
      long xAt,
      int length,
      MemorySegment lanes,
      long lanesAt) {
    FloatVector first = FloatVector.zero(FLOATS);
    FloatVector second = first;
    long block = rowAt;
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block));
      for (int j = 0; j < HALF; j += CODE_COUNT) {
        ByteVector codes = ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER);
        for (int part = 0; part < PARTS; part++) {
          IntVector both =
              (IntVector) codes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
          long at = xAt + 4L * (i + j + part * COUNT);
          first =
              ((FloatVector) both.and(15).sub(BIAS).convertShape(VectorOperators.I2F, FLOATS, 0))
                  .mul(scale)
                  .fma(FloatVector.fromMemorySegment(FLOATS, x, at, ORDER), first);
          second =
              ((FloatVector)
                      both.lanewise(VectorOperators.LSHR, 4)
                          .sub(BIAS)
                          .convertShape(VectorOperators.I2F, FLOATS, 0))
                  .mul(scale)
                  .fma(FloatVector.fromMemorySegment(FLOATS, x, at + 4L * HALF, ORDER), second);
        }
      }
      block += BLOCK_BYTES;
    }
    first.add(second).intoMemorySegment(lanes, lanesAt, ORDER);
  }

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    long block = rowAt;
    long to = outAt;
    long halfVectors = stride * (HALF / COUNT);
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block));
      for (int j = 0; j < HALF; j += CODE_COUNT) {
        ByteVector codes = ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER);
        for (int part = 0; part < PARTS; part++) {
          IntVector both =
              (IntVector) codes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
          ((FloatVector) both.and(15).sub(BIAS).convertShape(VectorOperators.I2F, FLOATS, 0))
              .mul(scale)
              .intoMemorySegment(out, to, ORDER);
          ((FloatVector)
                  both.lanewise(VectorOperators.LSHR, 4)
                      .sub(BIAS)
                      .convertShape(VectorOperators.I2F, FLOATS, 0))
              .mul(scale)
              .intoMemorySegment(out, to + halfVectors, ORDER);
          to += stride;
        }
      }
      to += halfVectors;
      block += BLOCK_BYTES;
    }
  }
}
