package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.INTS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.simd.Lanes.SHORTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * Half-precision floats: the bits move to where a float has them, then the exponent is corrected by
 * a multiplication, which is exact for subnormals too; infinities and NaN get their exponent back.
 */
final class F16Format implements FloatFormat {
  static final F16Format INSTANCE = new F16Format();

  private static final int SIGN_AND_MAGNITUDE = 0x8FFFE000;
  private static final int EXPONENT = 0x0F800000;
  private static final int FLOAT_EXPONENT = 0x7F800000;
  private static final float EXPONENT_CORRECTION = 0x1p112f;

  private F16Format() {}

  @Override
  public int elementBytes() {
    return 2;
  }

  @Override
  public void dot(
      MemorySegment row,
      long rowAt,
      MemorySegment x,
      long xAt,
      int length,
      MemorySegment lanes,
      long lanesAt) {
    row = NativeMemory.of(row);
    x = NativeMemory.of(x);
    lanes = NativeMemory.of(lanes);
    int whole = FLOATS.loopBound(length);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += COUNT) {
      IntVector half =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, row, rowAt + 2L * i, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 13)
              .and(SIGN_AND_MAGNITUDE);
      VectorMask<Float> special = half.and(EXPONENT).eq(EXPONENT).cast(FLOATS);
      FloatVector value =
          half.reinterpretAsFloats()
              .mul(EXPONENT_CORRECTION)
              .blend(half.or(FLOAT_EXPONENT).reinterpretAsFloats(), special);
      sum = value.fma(FloatVector.fromMemorySegment(FLOATS, x, xAt + 4L * i, ORDER), sum);
    }
    sum.intoMemorySegment(lanes, lanesAt, ORDER);
    for (int i = whole; i < length; i++) {
      long lane = lanesAt + 4L * (i - whole);
      float partial = lanes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, lane);
      float value = Float.float16ToFloat(row.get(ValueLayout.JAVA_SHORT_UNALIGNED, rowAt + 2L * i));
      float other = x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xAt + 4L * i);
      lanes.set(ValueLayout.JAVA_FLOAT_UNALIGNED, lane, Math.fma(value, other, partial));
    }
  }

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    row = NativeMemory.of(row);
    out = NativeMemory.of(out);
    int whole = FLOATS.loopBound(length);
    long to = outAt;
    for (int i = 0; i < whole; i += COUNT) {
      IntVector half =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, row, rowAt + 2L * i, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 13)
              .and(SIGN_AND_MAGNITUDE);
      VectorMask<Float> special = half.and(EXPONENT).eq(EXPONENT).cast(FLOATS);
      FloatVector value =
          half.reinterpretAsFloats()
              .mul(EXPONENT_CORRECTION)
              .blend(half.or(FLOAT_EXPONENT).reinterpretAsFloats(), special);
      value.intoMemorySegment(out, to, ORDER);
      to += stride;
    }
    for (int i = whole; i < Lanes.roundUp(length); i++) {
      float value =
          i < length
              ? Float.float16ToFloat(row.get(ValueLayout.JAVA_SHORT_UNALIGNED, rowAt + 2L * i))
              : 0;
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * (i - whole), value);
    }
  }

  @Override
  public void addScaled(
      MemorySegment row, long rowAt, int length, float factor, MemorySegment sum, long sumAt) {
    row = NativeMemory.of(row);
    sum = NativeMemory.of(sum);
    int whole = FLOATS.loopBound(length);
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    for (int i = 0; i < whole; i += COUNT) {
      IntVector half =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, row, rowAt + 2L * i, ORDER)
                      .convertShape(VectorOperators.S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 13)
              .and(SIGN_AND_MAGNITUDE);
      VectorMask<Float> special = half.and(EXPONENT).eq(EXPONENT).cast(FLOATS);
      FloatVector value =
          half.reinterpretAsFloats()
              .mul(EXPONENT_CORRECTION)
              .blend(half.or(FLOAT_EXPONENT).reinterpretAsFloats(), special);
      value
          .fma(factors, FloatVector.fromMemorySegment(FLOATS, sum, sumAt + 4L * i, ORDER))
          .intoMemorySegment(sum, sumAt + 4L * i, ORDER);
    }
    for (int i = whole; i < length; i++) {
      float value = Float.float16ToFloat(row.get(ValueLayout.JAVA_SHORT_UNALIGNED, rowAt + 2L * i));
      float partial = sum.get(ValueLayout.JAVA_FLOAT_UNALIGNED, sumAt + 4L * i);
      sum.set(ValueLayout.JAVA_FLOAT_UNALIGNED, sumAt + 4L * i, Math.fma(value, factor, partial));
    }
  }
}
