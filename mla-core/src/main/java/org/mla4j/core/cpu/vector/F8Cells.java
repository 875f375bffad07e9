package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.COUNT;
import static org.mla4j.core.cpu.vector.Lanes.FLOATS;
import static org.mla4j.core.cpu.vector.Lanes.INTS;
import static org.mla4j.core.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mla4j.api.tensor.Float8E4M3;

/**
 * Codes of E4M3 times a scale: the bits move to where a float has them, then the exponent is
 * corrected by a multiplication, which is exact for subnormals too.
 */
final class F8Cells implements CellFormat {
  /** One vector of floats; two where a vector of that many bytes does not exist. */
  private static final VectorSpecies<Byte> CODES =
      COUNT == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

  private static final int MANTISSA_SHIFT = 20;
  private static final int SIGN_AND_MAGNITUDE = 0x87F00000;
  private static final int NAN = 0x07F00000;
  private static final float EXPONENT_CORRECTION = 0x1p120f;

  private final float scale;

  F8Cells(float scale) {
    this.scale = scale;
  }

  @Override
  public int elementBytes() {
    return 1;
  }

  @Override
  public void widen(
      MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride) {
    int whole = CODES.loopBound(length);
    long to = outAt;
    for (int i = 0; i < whole; i += CODES.length()) {
      ByteVector codes = ByteVector.fromMemorySegment(CODES, row, rowAt + i, ORDER);
      IntVector bits =
          ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, MANTISSA_SHIFT)
              .and(SIGN_AND_MAGNITUDE);
      VectorMask<Float> bitsNan = bits.and(NAN).eq(NAN).cast(FLOATS);
      bits.reinterpretAsFloats()
          .mul(EXPONENT_CORRECTION)
          .mul(scale)
          .blend(Float.NaN, bitsNan)
          .intoMemorySegment(out, to, ORDER);
      to += stride;
      if (COUNT == 4) {
        IntVector next =
            ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 1))
                .lanewise(VectorOperators.LSHL, MANTISSA_SHIFT)
                .and(SIGN_AND_MAGNITUDE);
        VectorMask<Float> nextNan = next.and(NAN).eq(NAN).cast(FLOATS);
        next.reinterpretAsFloats()
            .mul(EXPONENT_CORRECTION)
            .mul(scale)
            .blend(Float.NaN, nextNan)
            .intoMemorySegment(out, to, ORDER);
        to += stride;
      }
    }
    for (int i = whole; i < Lanes.roundUp(length); i++) {
      float value =
          i < length ? Float8E4M3.toFloat(row.get(ValueLayout.JAVA_BYTE, rowAt + i)) * scale : 0;
      long at = to + (i - whole) / COUNT * stride + 4L * ((i - whole) % COUNT);
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
    }
  }

  @Override
  public void narrow(MemorySegment from, long at, int length, MemorySegment row, long rowAt) {
    for (int i = 0; i < length; i++) {
      float value = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i);
      row.set(ValueLayout.JAVA_BYTE, rowAt + i, Float8E4M3.fromFloat(value / scale));
    }
  }
}
