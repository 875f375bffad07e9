package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/** Floats as they are. */
final class F32Format implements FloatFormat {
  static final F32Format INSTANCE = new F32Format();

  private F32Format() {}

  @Override
  public int elementBytes() {
    return 4;
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
      FloatVector value = FloatVector.fromMemorySegment(FLOATS, row, rowAt + 4L * i, ORDER);
      sum = value.fma(FloatVector.fromMemorySegment(FLOATS, x, xAt + 4L * i, ORDER), sum);
    }
    sum.intoMemorySegment(lanes, lanesAt, ORDER);
    for (int i = whole; i < length; i++) {
      long lane = lanesAt + 4L * (i - whole);
      float partial = lanes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, lane);
      float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, rowAt + 4L * i);
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
      FloatVector value = FloatVector.fromMemorySegment(FLOATS, row, rowAt + 4L * i, ORDER);
      value.intoMemorySegment(out, to, ORDER);
      to += stride;
    }
    for (int i = whole; i < Lanes.roundUp(length); i++) {
      float value = i < length ? row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, rowAt + 4L * i) : 0;
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
      FloatVector value = FloatVector.fromMemorySegment(FLOATS, row, rowAt + 4L * i, ORDER);
      value
          .fma(factors, FloatVector.fromMemorySegment(FLOATS, sum, sumAt + 4L * i, ORDER))
          .intoMemorySegment(sum, sumAt + 4L * i, ORDER);
    }
    for (int i = whole; i < length; i++) {
      float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, rowAt + 4L * i);
      float partial = sum.get(ValueLayout.JAVA_FLOAT_UNALIGNED, sumAt + 4L * i);
      sum.set(ValueLayout.JAVA_FLOAT_UNALIGNED, sumAt + 4L * i, Math.fma(value, factor, partial));
    }
  }
}
