package org.mla4j.models.checkpoint;

/**
 * The eight-bit exponent "e8m0" (OCP Microscaling Formats 1.0): {@code 2^(code - 127)}, without
 * sign, zero or infinity; the code 0xFF is NaN. It stores scales, never values.
 */
final class Float8E8M0 {
  private static final int NAN = 0xFF;
  private static final int EXPONENT_BIAS = 127;

  private Float8E8M0() {}

  /** Widens; exact, since the smallest is a subnormal binary32. */
  static float toFloat(byte code) {
    int exponent = code & 0xFF;
    return exponent == NAN ? Float.NaN : Math.scalb(1f, exponent - EXPONENT_BIAS);
  }
}
