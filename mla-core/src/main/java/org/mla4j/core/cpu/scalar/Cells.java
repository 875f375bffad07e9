package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;

/**
 * Reads and writes elements of one of the float types, at any address, as binary32; reads those of
 * block types, whole blocks at a time.
 */
final class Cells {
  private static final int F8_CODES = 256;

  private final DType dtype;
  private final float scale;
  private final float[] f8Values;

  private Cells(DType dtype, float scale) {
    this.dtype = dtype;
    this.scale = scale;
    f8Values = new float[dtype == DType.F8_E4M3 ? F8_CODES : 0];
    for (int code = 0; code < f8Values.length; code++) {
      f8Values[code] = Float8E4M3.toFloat((byte) code) * scale;
    }
  }

  /** Elements without a scale. */
  static Cells of(DType dtype) {
    return of(dtype, 1);
  }

  /** Elements of which F8_E4M3 stands for its code times a scale; the other types have none. */
  static Cells of(DType dtype, float scale) {
    if (!dtype.isFloat() && !dtype.isBlockType()) {
      throw new InvalidInputException(
          ErrorCode.UNSUPPORTED_DTYPE,
          "Elements of type " + dtype + "; expected a float or a block type.");
    }
    return new Cells(dtype, scale);
  }

  /** The size of consecutive elements. */
  long bytes(long count) {
    return dtype.byteCount(count);
  }

  /** Reads consecutive elements into the start of an array. */
  void widen(MemorySegment from, long offset, float[] into, int count) {
    widen(from, offset, into, 0, count);
  }

  /** Reads consecutive elements into an array, from an index on. */
  void widen(MemorySegment from, long offset, float[] into, int start, int count) {
    switch (dtype) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          into[start + i] =
              from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset + (long) i * Float.BYTES);
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          into[start + i] =
              BFloat16.toFloat(
                  from.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset + (long) i * Short.BYTES));
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          into[start + i] =
              Float.float16ToFloat(
                  from.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset + (long) i * Short.BYTES));
        }
      }
      case F8_E4M3 -> {
        for (int i = 0; i < count; i++) {
          into[start + i] =
              f8Values[Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, offset + i))];
        }
      }
      case Q8_0, Q4_0, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, IQ4_NL ->
          BlockCodec.decode(dtype, from, offset, into, start, count);
      case I64, I32, U8 -> throw new AssertionError(dtype);
    }
  }

  /** Rounds a value and writes it as element {@code index} of those at an offset. */
  void put(MemorySegment to, long offset, int index, float value) {
    long at = offset + bytes(index);
    switch (dtype) {
      case F32 -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
      case BF16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, BFloat16.fromFloat(value));
      case F16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
      case F8_E4M3 -> to.set(ValueLayout.JAVA_BYTE, at, Float8E4M3.fromFloat(value / scale));
      default -> throw new AssertionError(dtype);
    }
  }
}
