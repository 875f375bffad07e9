package org.mla4j.core.cpu.packed;

/**
 * Integers of four bits, eight in an int. One becomes a float without a conversion: as the highest
 * bits of a mantissa, q makes {@code 1 + q / 16}.
 */
final class Nibbles {
  static final int BITS = 4;

  /** What one more of an integer adds to a weight is a sixteenth of the scale times this. */
  static final float STEPS = 16;

  private static final int MANTISSA = 0x00780000;
  private static final int MANTISSA_SHIFT = 19;
  private static final int ONE = 0x3F800000;

  private final int mantissa;
  private final int one;

  /** Writes what comes before all blocks. */
  Nibbles(VectorCode code) {
    mantissa = code.constant(MANTISSA);
    one = code.constant(ONE);
  }

  /** What is to be added to a raw weight where {@code zero} stands for 0. */
  static float excess(int zero) {
    return -1 - zero / STEPS;
  }

  /** Takes ints; leaves the raw weights of one of the eight. */
  void raw(VectorCode code, int index) {
    code.shift(MANTISSA_SHIFT - 4 * index).get(mantissa).and().get(one).or().asFloats();
  }

  /** The lower halves of eight bytes, side by side. */
  static int lower(long bytes) {
    return (int) Long.compress(bytes, 0x0F0F0F0F0F0F0F0FL);
  }

  /** The upper halves of eight bytes, side by side. */
  static int upper(long bytes) {
    return (int) Long.compress(bytes, 0xF0F0F0F0F0F0F0F0L);
  }
}
