package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;

/** Writes the values of one weight into a target of the caller, rounded to the target's type. */
final class ElementWriter {
  private final String name;
  private final Tensor target;
  private final MemorySegment segment;

  /**
   * Checks a target.
   *
   * @throws InvalidInputException if it is not a dense host tensor of the weight's shape and of
   *     type F32, BF16 or F16
   */
  ElementWriter(WeightHandle weight, Tensor target) {
    this(weight.name(), weight.shape(), target);
  }

  /** Checks a target for the weight of that name and shape, likewise. */
  ElementWriter(String name, Shape shape, Tensor target) {
    boolean wanted =
        switch (target.dtype()) {
          case F32, BF16, F16 -> true;
          default -> false;
        };
    if (!wanted || !target.isDense() || !target.shape().equals(shape)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Weight '"
              + name
              + "': expected a dense F32, BF16 or F16 "
              + shape
              + ", found "
              + (target.isDense() ? "" : "a strided ")
              + target
              + ".");
    }
    this.name = name;
    this.target = target;
    this.segment = target.segment();
  }

  /**
   * Writes neighbours.
   *
   * @param element index of the first, row-major
   * @throws InvalidInputException if a finite value is beyond the range of the target's type
   */
  void write(float[] values, int count, long element) {
    DType dtype = target.dtype();
    long offset = target.byteOffset() + element * dtype.byteSize();
    switch (dtype) {
      case F32 -> MemorySegment.copy(values, 0, segment, ElementReader.FLOAT, offset, count);
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          short bits = BFloat16.fromFloat(values[i]);
          requireInRange(values[i], BFloat16.toFloat(bits), element + i);
          segment.set(ElementReader.SHORT, offset + 2L * i, bits);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          short bits = Float.floatToFloat16(values[i]);
          requireInRange(values[i], Float.float16ToFloat(bits), element + i);
          segment.set(ElementReader.SHORT, offset + 2L * i, bits);
        }
      }
      default -> throw new IllegalStateException("refused by the constructor");
    }
  }

  /** A large weight that silently became infinite would make every output NaN, far from here. */
  private void requireInRange(float value, float rounded, long element) {
    if (Float.isInfinite(rounded) && !Float.isInfinite(value)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Weight '"
              + name
              + "': element "
              + element
              + " is "
              + value
              + ", beyond the range of "
              + target.dtype()
              + "; expected a target of type F32.");
    }
  }
}
