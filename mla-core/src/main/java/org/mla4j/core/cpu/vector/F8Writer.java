package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.vector.BlockFormat.CODES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.mla4j.api.tensor.Float8E4M3;

/**
 * Codes of E4M3 of the values over a scale.
 *
 * @param scale what a code is multiplied by when it is read
 */
record F8Writer(float scale) implements CellWriter {
  private static final int MAGNITUDE = 0x7FFFFFFF;
  private static final int INFINITY = 0x7F800000;
  private static final int LARGEST = Float.floatToRawIntBits(Float8E4M3.MAX_VALUE);
  private static final int NAN = 0x7F;
  private static final int SIGN = 0x80;

  /** The exponent of the smallest normal code, 2^-6, as a float has it. */
  private static final int LEAST_EXPONENT = 127 - 6;

  /** The exponent of the factor that makes steps of 1 between codes of an exponent, plus that. */
  private static final int STEP_EXPONENTS = 127 + 127 + 3;

  /** Added to a small number, it leaves the number rounded to an integer in the lowest bits. */
  private static final float ROUNDER = 0x1.8p23f;

  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

  /** Code 8 is that of 2^-6, the first with 8 steps. */
  private static final int FIRST_NORMAL = 8 - (LEAST_EXPONENT << 3) - 8;

  @Override
  public void write(MemorySegment row, long rowAt, int length, MemorySegment cells, long cellsAt) {
    int whole = FLOATS.loopBound(length);
    for (int i = 0; i < whole; i += COUNT) {
      IntVector bits =
          FloatVector.fromMemorySegment(FLOATS, row, rowAt + 4L * i, ORDER)
              .div(scale)
              .reinterpretAsInts();
      IntVector magnitude = bits.and(MAGNITUDE);
      VectorMask<Integer> nan = magnitude.compare(VectorOperators.GT, INFINITY);
      magnitude = magnitude.min(LARGEST);
      IntVector exponent = magnitude.lanewise(VectorOperators.LSHR, 23).max(LEAST_EXPONENT);
      FloatVector perStep =
          exponent
              .neg()
              .add(STEP_EXPONENTS)
              .lanewise(VectorOperators.LSHL, 23)
              .reinterpretAsFloats();
      IntVector steps =
          magnitude
              .reinterpretAsFloats()
              .mul(perStep)
              .add(ROUNDER)
              .reinterpretAsInts()
              .sub(ROUNDER_BITS);
      IntVector code =
          exponent
              .lanewise(VectorOperators.LSHL, 3)
              .add(steps)
              .add(FIRST_NORMAL)
              .or(bits.lanewise(VectorOperators.LSHR, 24).and(SIGN))
              .blend(NAN, nan);
      ByteVector codes = (ByteVector) code.convertShape(VectorOperators.I2B, CODES, 0);
      if (COUNT == 4) {
        // There is no vector of four bytes.
        int four = codes.reinterpretAsInts().lane(0);
        cells.set(ValueLayout.JAVA_INT_UNALIGNED, cellsAt + i, four);
      } else {
        codes.intoMemorySegment(cells, cellsAt + i, ORDER);
      }
    }
    for (int i = whole; i < length; i++) {
      float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, rowAt + 4L * i);
      cells.set(ValueLayout.JAVA_BYTE, cellsAt + i, Float8E4M3.fromFloat(value / scale));
    }
  }
}
