package org.mla4j.core.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;

/** One element of any float type, by the conversions of the API. */
final class Cell {
  private Cell() {}

  static float get(DType dtype, MemorySegment segment, long offset) {
    return switch (dtype) {
      case F32 -> segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
      case BF16 -> BFloat16.toFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case F16 -> Float.float16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case F8_E4M3 -> Float8E4M3.toFloat(segment.get(ValueLayout.JAVA_BYTE, offset));
      default -> throw new IllegalArgumentException(dtype + " is no float");
    };
  }

  static void put(DType dtype, MemorySegment segment, long offset, float value) {
    switch (dtype) {
      case F32 -> segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
      case BF16 -> segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, BFloat16.fromFloat(value));
      case F16 ->
          segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16(value));
      case F8_E4M3 -> segment.set(ValueLayout.JAVA_BYTE, offset, Float8E4M3.fromFloat(value));
      default -> segment.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }
  }
}
