package org.mla4j.api.tensor;

/** Conversion between binary32 and bfloat16, its upper half. */
public final class BFloat16 {
  private BFloat16() {}

  /**
   * Widens; exact.
   *
   * @param bits bfloat16 bits
   * @return the value
   */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * Rounds to the nearest, ties to even. Overflow gives infinity, subnormals are kept, NaN stays a
   * quiet NaN.
   *
   * @param value the value
   * @return bfloat16 bits
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      // Rounding could carry a NaN's payload into infinity: keep the sign, set the quiet bit.
      return (short) ((bits >>> 16) | 0x0040);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
