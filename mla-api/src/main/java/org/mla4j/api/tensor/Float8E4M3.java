package org.mla4j.api.tensor;

/**
 * Conversion between binary32 and the eight-bit float "e4m3fn": sign, 4 exponent bits (bias 7), 3
 * mantissa bits, no infinities, the codes 0x7F and 0xFF are NaN, largest finite value 448.
 */
public final class Float8E4M3 {
  /** The largest finite value. */
  public static final float MAX_VALUE = 448f;

  private static final int NAN = 0x7F;
  private static final int EXPONENT_BIAS = 7;
  private static final int MANTISSA_BITS = 3;

  private Float8E4M3() {}

  /**
   * Widens; exact.
   *
   * @param code the eight bits
   * @return the value, NaN for the two NaN codes
   */
  public static float toFloat(byte code) {
    int magnitude = code & 0x7F;
    if (magnitude == NAN) {
      return Float.NaN;
    }
    int exponent = magnitude >>> MANTISSA_BITS;
    int mantissa = magnitude & 7;
    float value =
        exponent == 0
            ? Math.scalb((float) mantissa, 1 - EXPONENT_BIAS - MANTISSA_BITS)
            : Math.scalb((float) (8 + mantissa), exponent - EXPONENT_BIAS - MANTISSA_BITS);
    return code < 0 ? -value : value;
  }

  /**
   * Rounds to the nearest, ties to the even code; values beyond the range, infinities included,
   * saturate to 448.
   *
   * @param value the value
   * @return the eight bits; 0x7F for NaN
   */
  public static byte fromFloat(float value) {
    if (Float.isNaN(value)) {
      return (byte) NAN;
    }
    int sign = (Float.floatToRawIntBits(value) >>> 24) & 0x80;
    float magnitude = Math.min(Math.abs(value), MAX_VALUE);
    // The spacing of codes around the value: 2^-9 below the smallest normal 2^-6, else 2^(exponent
    // - 3).
    int exponent = Math.max(Math.getExponent(magnitude), 1 - EXPONENT_BIAS);
    int steps = (int) Math.rint(Math.scalb((double) magnitude, MANTISSA_BITS - exponent));
    // Steps of 8 to 15 are mantissas of this exponent; 16 is the next one's first, and below 8 is
    // subnormal.
    int code = ((exponent + EXPONENT_BIAS) << MANTISSA_BITS) + steps - 8;
    return (byte) (sign | code);
  }
}
