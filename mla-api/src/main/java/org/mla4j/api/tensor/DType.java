package org.mla4j.api.tensor;

/**
 * Element types of tensors.
 *
 * <p>All multi-byte elements are little-endian, on the host and in files.
 *
 * <p>Types from {@link #Q8_0} on are <em>block types</em>: a run of neighbours in a row is stored
 * together, as small integers and what they are scaled by, in the layout of GGUF files. A row is a
 * whole number of blocks. They hold weights only.
 */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary16. */
  F16(2),
  /** The upper half of a binary32. */
  BF16(2),
  /**
   * Eight-bit float, 4 exponent and 3 mantissa bits, no infinities, largest value 448 ("e4m3fn").
   */
  F8_E4M3(1),
  /** Signed 64-bit integer. */
  I64(8),
  /** Signed 32-bit integer. */
  I32(4),
  /** Unsigned 8-bit integer. */
  U8(1),
  /** Blocks of 32: a scale (F16) and 8-bit integers. */
  Q8_0(32, 34),
  /** Blocks of 32: a scale (F16) and 4-bit integers from -8 to 7. */
  Q4_0(32, 18),
  /** Blocks of 32: a scale (F16) and 5-bit integers from -16 to 15. */
  Q5_0(32, 22),
  /** Blocks of 32: a scale and a least value (F16) and 5-bit integers from 0 to 31. */
  Q5_1(32, 24),
  /**
   * Blocks of 256 in 8 parts of 32: a scale of scales and one of least values (F16), 6 bits of
   * scale and of least value for each part, and 4-bit integers.
   */
  Q4_K(256, 144),
  /** As {@link #Q4_K}, with 5-bit integers. */
  Q5_K(256, 176),
  /**
   * Blocks of 256 in 16 parts of 16: 6-bit integers, an 8-bit scale for each part, a scale (F16).
   */
  Q6_K(256, 210),
  /**
   * Blocks of 32: a scale (F16) and 4-bit indices into a fixed table of 16 unevenly spaced values.
   */
  IQ4_NL(32, 18);

  private final int blockElements;
  private final int blockBytes;

  DType(int byteSize) {
    this(1, byteSize);
  }

  DType(int blockElements, int blockBytes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /**
   * Returns the size of one element.
   *
   * @return bytes
   * @throws UnsupportedOperationException for a block type, whose elements have no size of their
   *     own
   */
  public int byteSize() {
    if (isBlockType()) {
      throw new UnsupportedOperationException(
          "One element of "
              + this
              + " has no size in bytes: "
              + blockElements
              + " of them share "
              + blockBytes
              + ".");
    }
    return blockBytes;
  }

  /**
   * Tells whether elements are stored in blocks that share a scale.
   *
   * @return true from Q8_0 on
   */
  public boolean isBlockType() {
    return blockElements > 1;
  }

  /**
   * Returns how many elements are stored together.
   *
   * @return 1 unless this is a block type
   */
  public int blockElements() {
    return blockElements;
  }

  /**
   * Returns the size of what is stored together.
   *
   * @return bytes of a block; of an element unless this is a block type
   */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * Returns the size of a run of elements.
   *
   * @param elements how many; a multiple of {@link #blockElements()}
   * @return bytes
   * @throws IllegalArgumentException if the run ends within a block
   * @throws ArithmeticException if 63 bits do not count the bytes
   */
  public long byteCount(long elements) {
    if (elements % blockElements != 0) {
      throw new IllegalArgumentException(
          elements + " elements of " + this + "; expected a multiple of " + blockElements + ".");
    }
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }

  /**
   * Tells whether each element is a floating-point number of its own.
   *
   * @return true for F32, F16, BF16 and F8_E4M3
   */
  public boolean isFloat() {
    return switch (this) {
      case F32, F16, BF16, F8_E4M3 -> true;
      default -> false;
    };
  }
}
