package org.mla4j.tck.harness;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;

/** Elements of any type as numbers. */
public final class Cells {
  private Cells() {}

  public static double get(DType dtype, MemorySegment from, long offset) {
    return switch (dtype) {
      case F32 -> from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
      case BF16 -> BFloat16.toFloat(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case F16 -> Float.float16ToFloat(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case F8_E4M3 -> Float8E4M3.toFloat(from.get(ValueLayout.JAVA_BYTE, offset));
      case I32 -> from.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
      case I64 -> from.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
      case U8 -> from.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
      default -> throw noNumber(dtype);
    };
  }

  public static void put(DType dtype, MemorySegment to, long offset, double number) {
    switch (dtype) {
      case F32 -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, (float) number);
      case BF16 ->
          to.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, BFloat16.fromFloat((float) number));
      case F16 ->
          to.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16((float) number));
      case F8_E4M3 -> to.set(ValueLayout.JAVA_BYTE, offset, Float8E4M3.fromFloat((float) number));
      case I32 -> to.set(ValueLayout.JAVA_INT_UNALIGNED, offset, (int) number);
      case I64 -> to.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, (long) number);
      case U8 -> to.set(ValueLayout.JAVA_BYTE, offset, (byte) (int) number);
      default -> throw noNumber(dtype);
    }
  }

  private static IllegalArgumentException noNumber(DType dtype) {
    return new IllegalArgumentException("An element of " + dtype + " is no number of its own");
  }
}
