package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.tensor.Tensor;

/**
 * Copies a stored tensor into memory of another float type, element by element, scaling on the way.
 */
final class Conversion {
  /** No scale. */
  static final Scale UNSCALED = element -> 1f;

  private Conversion() {}

  /** What an element is multiplied by. */
  @FunctionalInterface
  interface Scale {
    float of(long element);
  }

  /**
   * Copies.
   *
   * @param name of the weight, for messages
   * @param source a dense host tensor of a float type
   * @param target a dense host tensor of the same shape, F32, F16 or BF16
   * @param scale of each element
   */
  static void copy(String name, Tensor source, Tensor target, Scale scale) {
    if (!source.dtype().isFloat()) {
      throw new ModelException(
          ErrorCode.UNSUPPORTED_DTYPE,
          "Weight '"
              + name
              + "' is stored as "
              + source.dtype()
              + "; expected one of "
              + StoredDType.readable()
              + ".");
    }
    boolean writable =
        target.dtype() == DType.F32 || target.dtype() == DType.F16 || target.dtype() == DType.BF16;
    if (!writable || !target.shape().equals(source.shape()) || !target.isDense()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Weight '"
              + name
              + "': expected a dense target of type F32, F16 or BF16 and shape "
              + source.shape()
              + ", found "
              + target
              + ".");
    }
    MemorySegment from = source.segment();
    MemorySegment to = target.segment();
    if (scale == UNSCALED && source.dtype() == target.dtype()) {
      MemorySegment.copy(
          from,
          source.byteOffset(),
          to,
          target.byteOffset(),
          source.shape().elements() * source.dtype().byteSize());
      return;
    }
    long elements = source.shape().elements();
    int sourceBytes = source.dtype().byteSize();
    int targetBytes = target.dtype().byteSize();
    for (long i = 0; i < elements; i++) {
      float value = read(source.dtype(), from, source.byteOffset() + i * sourceBytes);
      write(target.dtype(), to, target.byteOffset() + i * targetBytes, value * scale.of(i));
    }
  }

  private static float read(DType dtype, MemorySegment segment, long offset) {
    return switch (dtype) {
      case F32 -> segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
      case F16 -> Float.float16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case BF16 -> BFloat16.toFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
      case F8_E4M3 -> Float8E4M3.toFloat(segment.get(ValueLayout.JAVA_BYTE, offset));
      case I64, I32, U8 -> throw new AssertionError(dtype);
    };
  }

  private static void write(DType dtype, MemorySegment segment, long offset, float value) {
    switch (dtype) {
      case F32 -> segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
      case F16 ->
          segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16(value));
      case BF16 -> segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, BFloat16.fromFloat(value));
      case F8_E4M3, I64, I32, U8 -> throw new AssertionError(dtype);
    }
  }
}
