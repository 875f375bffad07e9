package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Q8_0: a scale, 32 signed bytes. */
final class Q8Blocks implements BlockFormat.Direct {
  static final Q8Blocks INSTANCE = new Q8Blocks();

  private static final int ELEMENTS = 32;
  private static final int HALF = ELEMENTS / 2;
  private static final int BLOCK_BYTES = 34;

  private Q8Blocks() {}

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
        long codesAt = block + 2 + j;
        ByteVector firsts = ByteVector.fromMemorySegment(CODES, row, codesAt, ORDER);
        ByteVector seconds = ByteVector.fromMemorySegment(CODES, row, codesAt + HALF, ORDER);
        for (int part = 0; part < PARTS; part++) {
          long at = xAt + 4L * (i + j + part * COUNT);
          first =
              ((FloatVector) firsts.convertShape(VectorOperators.B2F, FLOATS, part))
                  .mul(scale)
                  .fma(FloatVector.fromMemorySegment(FLOATS, x, at, ORDER), first);
          second =
              ((FloatVector) seconds.convertShape(VectorOperators.B2F, FLOATS, part))
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
    for (int i = 0; i < length; i += ELEMENTS) {
      float scale = Float.float16ToFloat(row.get(SCALE, block));
      for (int j = 0; j < ELEMENTS; j += CODE_COUNT) {
        ByteVector codes = ByteVector.fromMemorySegment(CODES, row, block + 2 + j, ORDER);
        for (int part = 0; part < PARTS; part++) {
          ((FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part))
              .mul(scale)
              .intoMemorySegment(out, to, ORDER);
          to += stride;
        }
      }
      block += BLOCK_BYTES;
    }
  }
}
