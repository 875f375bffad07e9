package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q4_0: a scale, 16 pairs of integers that are stored 8 too large.
 *
 * <p>The upper of a pair stays where it is: with its top bit turned, the byte is 16 times the
 * integer, and a sixteenth of the scale makes the same product, exactly.
 */
final class Q4Blocks implements BlockFormat.Direct {
  static final Q4Blocks INSTANCE = new Q4Blocks();

  private static final int ELEMENTS = 32;
  private static final int HALF = ELEMENTS / 2;
  private static final int BLOCK_BYTES = 18;
  private static final byte LOWER = 0x0F;
  private static final byte UPPER = (byte) 0xF0;
  private static final byte TOP_BIT = (byte) 0x80;
  private static final byte BIAS = 8;
  private static final float SIXTEENTH = 0x1p-4f;

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
    FloatVector sum = FloatVector.zero(FLOATS);
    long block = rowAt;
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block));
      for (int j = 0; j < HALF; j += CODE_COUNT) {
        ByteVector codes =
            ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER).and(LOWER).sub(BIAS);
        for (int part = 0; part < PARTS; part++) {
          FloatVector value =
              ((FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part)).mul(scale);
          long at = xAt + 4L * (i + j + part * COUNT);
          sum = value.fma(FloatVector.fromMemorySegment(FLOATS, x, at, ORDER), sum);
        }
      }
      float upperScale = scale * SIXTEENTH;
      for (int j = 0; j < HALF; j += CODE_COUNT) {
        ByteVector codes =
            ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER)
                .and(UPPER)
                .lanewise(VectorOperators.XOR, TOP_BIT);
        for (int part = 0; part < PARTS; part++) {
          FloatVector value =
              ((FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part)).mul(upperScale);
          long at = xAt + 4L * (i + HALF + j + part * COUNT);
          sum = value.fma(FloatVector.fromMemorySegment(FLOATS, x, at, ORDER), sum);
        }
      }
      block += BLOCK_BYTES;
    }
    sum.intoMemorySegment(lanes, lanesAt, ORDER);
  }

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    long block = rowAt;
    long to = outAt;
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block));
      for (int j = 0; j < HALF; j += CODE_COUNT) {
        ByteVector codes =
            ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER).and(LOWER).sub(BIAS);
        for (int part = 0; part < PARTS; part++) {
          ((FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part))
              .mul(scale)
              .intoMemorySegment(out, to, ORDER);
          to += stride;
        }
      }
      float upperScale = scale * SIXTEENTH;
      for (int j = 0; j < HALF; j += CODE_COUNT) {
        ByteVector codes =
            ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER)
                .and(UPPER)
                .lanewise(VectorOperators.XOR, TOP_BIT);
        for (int part = 0; part < PARTS; part++) {
          ((FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part))
              .mul(upperScale)
              .intoMemorySegment(out, to, ORDER);
          to += stride;
        }
      }
      block += BLOCK_BYTES;
    }
  }
}
