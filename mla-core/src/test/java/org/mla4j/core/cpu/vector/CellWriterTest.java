package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.core.testing.RandomData;

/** Cells of a cache against the rounding of one element, bit for bit. */
class CellWriterTest {
  private static final float SCALE = 0.37f;

  /** More than two vectors of the widest kind. */
  private static final int LONGEST = 37;

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void rowsOfEveryLengthAreWrittenToTheLastElementAndNoFurther(DType dtype) {
    for (int length = 1; length <= LONGEST; length++) {
      assertWritten(dtype, new RandomData(length).normal(length, 3));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void specialNumbersRoundAsOneElementDoes(DType dtype) {
    assertWritten(
        dtype,
        0f,
        -0f,
        Float.NaN,
        Float.intBitsToFloat(0xFFFFFFFF),
        Float.intBitsToFloat(0x7F800001),
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.MIN_VALUE,
        -Float.MIN_NORMAL,
        448 * SCALE,
        -449 * SCALE,
        464 * SCALE,
        0x1p-6f * SCALE,
        0x1p-9f * SCALE,
        0x1p-10f * SCALE,
        -0x1.8p-10f * SCALE,
        1,
        -1);
  }

  /** A prime step between bit patterns: every exponent, ties among them. */
  @Test
  void everyExponentOfBothSignsRoundsAsOneElementDoes() {
    float[] values = new float[1 << 16];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(i << 16 | (i % 3 == 0 ? 0x8000 : i * 40_503 & 0xFFFF));
    }
    for (DType dtype : List.of(DType.BF16, DType.F16, DType.F8_E4M3)) {
      assertWritten(dtype, values);
    }
  }

  @Test
  void tiesBetweenCodesGoToTheEvenOne() {
    float[] values = new float[252];
    for (int code = 0; code < 126; code++) {
      float middle = (Float8E4M3.toFloat((byte) code) + Float8E4M3.toFloat((byte) (code + 1))) / 2;
      values[2 * code] = middle * 0.5f;
      values[2 * code + 1] = -middle * 0.5f;
    }
    assertWritten(0.5f, DType.F8_E4M3, values);
  }

  private static void assertWritten(DType dtype, float... values) {
    assertWritten(dtype == DType.F8_E4M3 ? SCALE : 1, dtype, values);
  }

  private static void assertWritten(float scale, DType dtype, float... values) {
    MemorySegment row = Arena.ofAuto().allocate(4L * values.length + 4, 64);
    MemorySegment.copy(values, 0, row, ValueLayout.JAVA_FLOAT, 4, values.length);
    int bytes = dtype.byteSize();
    MemorySegment cells = Arena.ofAuto().allocate((long) values.length * bytes + 1 + 64, 64);
    cells.fill((byte) 0x55);
    CellWriter.of(new CacheSpec(List.of(new Part("row", values.length)), dtype, scale))
        .write(row, 4, values.length, cells, 1);
    for (int i = 0; i < values.length; i++) {
      long at = 1 + (long) i * bytes;
      String what = dtype + " of " + values[i] + " at " + i + " of " + values.length;
      switch (dtype) {
        case F32 ->
            assertEquals(
                Float.floatToRawIntBits(values[i]),
                cells.get(ValueLayout.JAVA_INT_UNALIGNED, at),
                what);
        case BF16 ->
            assertEquals(
                BFloat16.fromFloat(values[i]),
                cells.get(ValueLayout.JAVA_SHORT_UNALIGNED, at),
                what);
        case F16 ->
            assertEquals(
                Float.floatToFloat16(values[i]),
                cells.get(ValueLayout.JAVA_SHORT_UNALIGNED, at),
                what);
        default ->
            assertEquals(
                Float8E4M3.fromFloat(values[i] / scale),
                cells.get(ValueLayout.JAVA_BYTE, at),
                what);
      }
    }
    for (long at = 1 + (long) values.length * bytes; at < cells.byteSize(); at++) {
      assertEquals(0x55, cells.get(ValueLayout.JAVA_BYTE, at), "behind the row");
    }
  }
}
