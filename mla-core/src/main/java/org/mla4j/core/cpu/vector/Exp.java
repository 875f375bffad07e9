package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * The exponential function in float arithmetic, the same bits on every machine: the Vector API's
 * own differs between compiled and interpreted code.
 *
 * <p>{@code e^x = 2^n e^r} with {@code n = round(x / ln 2)}; {@code e^r} by the polynomial of
 * Cephes' {@code expf}. The error is below 2 units in the last place. Arguments below {@link
 * #LEAST} give 0, those above {@link #LARGEST} count as that, NaN gives NaN.
 */
@SuppressWarnings("FloatingPointLiteralPrecision") // constants as derived; the compiler rounds them
final class Exp {
  /** Below this, the result is no normal float any more. */
  static final float LEAST = -87.3f;

  /** Above this, {@code 2^n} would overflow. */
  static final float LARGEST = 88f;

  private static final float LOG2_E = 1.442695041f;

  /** Adding it leaves a number rounded to an integer in the low bits: 1.5 * 2^23. */
  private static final float ROUNDER = 0x1.8p23f;

  /** ln 2 in two parts; the first one times a small integer is exact. */
  private static final float LN2_HIGH = 0.693359375f;

  private static final float LN2_LOW = -2.12194440e-4f;

  private static final float C2 = 5.0000001201e-1f;
  private static final float C3 = 1.6666665459e-1f;
  private static final float C4 = 4.1665795894e-2f;
  private static final float C5 = 8.3334519073e-3f;
  private static final float C6 = 1.3981999507e-3f;
  private static final float C7 = 1.9875691500e-4f;

  private static final int EXPONENT_BIAS = 127;
  private static final int MANTISSA_BITS = 23;

  private Exp() {}

  /**
   * Replaces numbers {@code x} by {@code e^(x - shift)} and adds these up, lane by lane: the
   * weights of a soft-max in one pass.
   *
   * <p>One method, and larger than the 325 bytes of code up to which C2 inlines: its operations are
   * many, and together with those of a caller they pass the number of nodes at which C2 stops
   * making vector instructions and leaves calls, each of which allocates, for good.
   *
   * @param memory the numbers
   * @param at where they start
   * @param count how many; a multiple of {@link Lanes#COUNT}
   * @param shiftAt where one vector of shifts is
   * @param sumsAt takes one vector of sums, from the first number to the last; may be {@code
   *     shiftAt}
   */
  static void apply(MemorySegment memory, long at, int count, long shiftAt, long sumsAt) {
    memory = NativeMemory.of(memory);
    FloatVector shift = FloatVector.fromMemorySegment(FLOATS, memory, shiftAt, ORDER);
    FloatVector sums = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += COUNT) {
      FloatVector given =
          FloatVector.fromMemorySegment(FLOATS, memory, at + 4L * i, ORDER).sub(shift);
      FloatVector x = given.max(LEAST).min(LARGEST);
      FloatVector shifted =
          x.fma(FloatVector.broadcast(FLOATS, LOG2_E), FloatVector.broadcast(FLOATS, ROUNDER));
      FloatVector n = shifted.sub(ROUNDER);
      FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -LN2_HIGH), x);
      r = n.fma(FloatVector.broadcast(FLOATS, -LN2_LOW), r);
      FloatVector p = r.fma(FloatVector.broadcast(FLOATS, C7), FloatVector.broadcast(FLOATS, C6));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C5));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C4));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C3));
      p = p.fma(r, FloatVector.broadcast(FLOATS, C2));
      p = p.fma(r.mul(r), r.add(1));
      IntVector exponent =
          shifted
              .reinterpretAsInts()
              .add(EXPONENT_BIAS)
              .lanewise(VectorOperators.LSHL, MANTISSA_BITS);
      FloatVector power =
          p.mul(exponent.reinterpretAsFloats()).blend(0, given.compare(VectorOperators.LT, LEAST));
      sums = sums.add(power);
      power.intoMemorySegment(memory, at + 4L * i, ORDER);
    }
    sums.intoMemorySegment(memory, sumsAt, ORDER);
  }

  /**
   * The same function for one number, by the same operations.
   *
   * @param given the number
   * @return its exponential, with the bits that {@link #apply} gives
   */
  static float of(float given) {
    float x = Math.min(Math.max(given, LEAST), LARGEST);
    float shifted = Math.fma(x, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, -LN2_HIGH, x);
    r = Math.fma(n, -LN2_LOW, r);
    float p = Math.fma(r, C7, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r * r, r + 1);
    int exponent = (Float.floatToRawIntBits(shifted) + EXPONENT_BIAS) << MANTISSA_BITS;
    return given < LEAST ? 0 : p * Float.intBitsToFloat(exponent);
  }
}
