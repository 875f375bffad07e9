package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.INTS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;
import static org.mla4j.core.cpu.vector.BlockFormat.CODES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * Codes of E4M3 times a scale: the bits move to where a float has them and the exponent is
 * corrected. Not by a multiplication, because subnormal codes, which are common, would be subnormal
 * floats first, and processors are slow with these.
 */
final class F8Cells implements CellFormat {
  private static final int MANTISSA_SHIFT = 20;
  private static final int SIGN = 0x80000000;

  /** All bits of a magnitude: the code of NaN. */
  private static final int MAGNITUDE = 0x07F00000;

  /** A magnitude whose exponent is 1. */
  private static final int LEAST_EXPONENT = 1 << 23;

  /** The difference between the exponents of a float and of a code that stand for the same. */
  private static final int NORMAL = 120 << 23;

  /** Makes of a subnormal code {@link #LEAST_NORMAL} too much. */
  private static final int SUBNORMAL = 121 << 23;

  private static final float LEAST_NORMAL = 0x1p-6f;

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
    row = NativeMemory.of(row);
    out = NativeMemory.of(out);
    // Where vectors have four lanes, there is no vector of that many bytes: codes fill two.
    int whole = CODES.loopBound(length);
    long to = outAt;
    for (int i = 0; i < whole; i += CODES.length()) {
      ByteVector codes = ByteVector.fromMemorySegment(CODES, row, rowAt + i, ORDER);
      IntVector bits =
          ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, MANTISSA_SHIFT);
      IntVector bitsSize = bits.and(MAGNITUDE);
      bitsSize
          .add(NORMAL)
          .reinterpretAsFloats()
          .blend(
              bitsSize.add(SUBNORMAL).reinterpretAsFloats().sub(LEAST_NORMAL),
              bitsSize.lt(LEAST_EXPONENT).cast(FLOATS))
          .mul(scale)
          .reinterpretAsInts()
          .or(bits.and(SIGN))
          .reinterpretAsFloats()
          .blend(Float.NaN, bitsSize.eq(MAGNITUDE).cast(FLOATS))
          .intoMemorySegment(out, to, ORDER);
      to += stride;
      if (COUNT == 4) {
        IntVector next =
            ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 1))
                .lanewise(VectorOperators.LSHL, MANTISSA_SHIFT);
        IntVector nextSize = next.and(MAGNITUDE);
        nextSize
            .add(NORMAL)
            .reinterpretAsFloats()
            .blend(
                nextSize.add(SUBNORMAL).reinterpretAsFloats().sub(LEAST_NORMAL),
                nextSize.lt(LEAST_EXPONENT).cast(FLOATS))
            .mul(scale)
            .reinterpretAsInts()
            .or(next.and(SIGN))
            .reinterpretAsFloats()
            .blend(Float.NaN, nextSize.eq(MAGNITUDE).cast(FLOATS))
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
}
