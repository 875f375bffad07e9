package org.mla4j.api.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * Conversion between binary32 and the {@linkplain DType#isBlockType() block types}, in the layout
 * that ggml defines for GGUF files.
 *
 * <p>A value is a scale times an integer ({@link DType#Q8_0}, {@link DType#Q4_0}, {@link
 * DType#Q5_0}, {@link DType#IQ4_NL}), and a part's scale ({@link DType#Q6_K}), plus ({@link
 * DType#Q5_1}) or minus ({@link DType#Q4_K}, {@link DType#Q5_K}) a least value. Products of so few
 * bits are exact in binary32, and a sum is rounded once: everybody who decodes a block gets the
 * same bits, with fused operations too.
 *
 * <p>Threading: no state.
 */
public final class BlockCodec {
  private BlockCodec() {}

  /**
   * Decodes neighbours. A scale that is not finite gives values that are not.
   *
   * @param dtype a block type
   * @param from where the blocks are; need not be aligned
   * @param offset where the first block starts, in bytes
   * @param into takes the values
   * @param start index of the first value
   * @param count how many values; a multiple of {@link DType#blockElements()}
   * @throws IllegalArgumentException if the type is no block type or the run ends within a block
   * @throws IndexOutOfBoundsException if the run leaves the segment or the array
   */
  public static void decode(
      DType dtype, MemorySegment from, long offset, float[] into, int start, int count) {
    requireBlockType(dtype);
    Objects.checkFromIndexSize(start, count, into.length);
    Objects.checkFromIndexSize(offset, dtype.byteCount(count), from.byteSize());
    int elements = dtype.blockElements();
    int bytes = dtype.blockBytes();
    long block = offset;
    for (int first = start; first < start + count; first += elements) {
      switch (dtype) {
        case Q8_0 -> SmallBlocks.decodeQ8(from, block, into, first);
        case Q4_0 -> SmallBlocks.decodeQ4(from, block, into, first);
        case Q5_0 -> SmallBlocks.decodeQ5(from, block, into, first);
        case Q5_1 -> SmallBlocks.decodeQ5WithLeast(from, block, into, first);
        case IQ4_NL -> SmallBlocks.decodeTable4(from, block, into, first);
        case Q4_K -> LargeBlocks.decodeQ4(from, block, into, first);
        case Q5_K -> LargeBlocks.decodeQ5(from, block, into, first);
        case Q6_K -> LargeBlocks.decodeQ6(from, block, into, first);
        default -> throw new AssertionError(dtype);
      }
      block += bytes;
    }
  }

  /**
   * Tells whether values can be encoded in a type.
   *
   * @param dtype any type
   * @return true for Q8_0 and Q4_0
   */
  public static boolean canEncode(DType dtype) {
    return dtype == DType.Q8_0 || dtype == DType.Q4_0;
  }

  /**
   * Encodes neighbours. In Q8_0 the scale is the largest magnitude / 127, and integers are rounded
   * to the nearest, ties away from zero. In Q4_0 the scale is the value of the largest magnitude,
   * the first of several, / -8, so that this value keeps its sign, and integers are rounded to the
   * nearest, ties up. The scale is rounded to F16 when it is written, after the integers were
   * found; values that it makes zero become zeros.
   *
   * @param dtype Q8_0 or Q4_0
   * @param from the values
   * @param start index of the first value
   * @param count how many values; a multiple of {@link DType#blockElements()}
   * @param to takes the blocks; need not be aligned
   * @param offset where the first block starts, in bytes
   * @throws InvalidInputException if a value is not finite, or a scale beyond the range of F16
   * @throws IllegalArgumentException if the type cannot be encoded or the run ends within a block
   * @throws IndexOutOfBoundsException if the run leaves the segment or the array
   */
  public static void encode(
      DType dtype, float[] from, int start, int count, MemorySegment to, long offset) {
    if (!canEncode(dtype)) {
      throw new IllegalArgumentException(dtype + " cannot be encoded; expected Q8_0 or Q4_0.");
    }
    Objects.checkFromIndexSize(start, count, from.length);
    Objects.checkFromIndexSize(offset, dtype.byteCount(count), to.byteSize());
    int elements = dtype.blockElements();
    long block = offset;
    for (int first = start; first < start + count; first += elements) {
      requireFinite(dtype, from, start, first, elements);
      if (dtype == DType.Q8_0) {
        SmallBlocks.encodeQ8(from, first, to, block);
      } else {
        SmallBlocks.encodeQ4(from, first, to, block);
      }
      requireFiniteScale(dtype, first - start, SmallBlocks.scale(to, block));
      block += dtype.blockBytes();
    }
  }

  private static void requireBlockType(DType dtype) {
    if (!dtype.isBlockType()) {
      throw new IllegalArgumentException(dtype + " is no block type.");
    }
  }

  private static void requireFinite(DType dtype, float[] values, int start, int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InvalidInputException(
            ErrorCode.INVALID_PLAN,
            "Element "
                + (i - start)
                + " to encode in "
                + dtype
                + " is "
                + values[i]
                + "; expected a finite number.");
      }
    }
  }

  private static void requireFiniteScale(DType dtype, int element, float scale) {
    if (Float.isInfinite(scale)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Elements from "
              + element
              + " to encode in "
              + dtype
              + " need a scale beyond the range of F16; expected smaller numbers.");
    }
  }
}
