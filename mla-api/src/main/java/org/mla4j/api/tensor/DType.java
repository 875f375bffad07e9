package org.mla4j.api.tensor;

/**
 * Element types of tensors.
 *
 * <p>All multi-byte elements are little-endian, on the host and in files.
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
  U8(1);

  private final int byteSize;

  DType(int byteSize) {
    this.byteSize = byteSize;
  }

  /**
   * Returns the size of one element.
   *
   * @return bytes
   */
  public int byteSize() {
    return byteSize;
  }

  /**
   * Tells whether the elements are floating-point numbers.
   *
   * @return true for F32, F16, BF16 and F8_E4M3
   */
  public boolean isFloat() {
    return switch (this) {
      case F32, F16, BF16, F8_E4M3 -> true;
      case I64, I32, U8 -> false;
    };
  }
}
