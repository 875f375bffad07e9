package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.testing.ArrayWeight;

class FloatFormatTest {
  private static final int CODES = 1 << 16;

  /** More than two vectors of the widest kind. */
  private static final int LONGEST = 37;

  @Test
  @DisplayName(
      "every half-precision code, subnormals, infinities and NaN included, at an odd address")
  void f16() {
    MemorySegment wide = widened(DType.F16);
    for (int code = 0; code < CODES; code++) {
      assertEquals(Float.float16ToFloat((short) code), get(wide, code), "code " + code);
    }
  }

  @Test
  @DisplayName("every bfloat16 code at an odd address")
  void bf16() {
    MemorySegment wide = widened(DType.BF16);
    for (int code = 0; code < CODES; code++) {
      assertEquals(BFloat16.toFloat((short) code), get(wide, code), "code " + code);
    }
  }

  /** Whole numbers, so that every order of the sum is exact. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void rowsOfEveryLengthAreMultipliedToTheLastElement(DType dtype) {
    for (int length = 1; length <= LONGEST; length++) {
      MemorySegment row = stored(dtype, length);
      MemorySegment x = Arena.ofAuto().allocate(4L * length, 64);
      long expected = 0;
      for (int i = 0; i < length; i++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 5 - 2);
        expected += (long) (i % 5 - 2) * number(i);
      }
      MemorySegment lanes = Arena.ofAuto().allocate(Lanes.BYTES, 64);
      FloatFormat.of(dtype).dot(row, 1, x, 0, length, lanes, 0);
      float sum = 0;
      for (int lane = 0; lane < Lanes.COUNT; lane++) {
        sum += get(lanes, lane);
      }
      assertEquals(expected, sum, dtype + " row of " + length);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void rowsOfEveryLengthAreAddedToTheLastElementAndNoFurther(DType dtype) {
    for (int length = 1; length <= LONGEST; length++) {
      MemorySegment sum = Arena.ofAuto().allocate(4L * (length + 1), 64);
      for (int i = 0; i <= length; i++) {
        sum.setAtIndex(ValueLayout.JAVA_FLOAT, i, 100 + i);
      }
      FloatFormat.of(dtype).addScaled(stored(dtype, length), 1, length, 0.5f, sum, 0);
      for (int i = 0; i < length; i++) {
        assertEquals(100 + i + 0.5f * number(i), get(sum, i), dtype + " row of " + length);
      }
      assertEquals(100 + length, get(sum, length), dtype + " row of " + length);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void widenedRowsOfEveryLengthEndInZeros(DType dtype) {
    for (int length = 1; length <= LONGEST; length++) {
      MemorySegment wide = Arena.ofAuto().allocate(4L * Lanes.roundUp(length), 64);
      wide.fill((byte) 1);
      FloatFormat.of(dtype).widen(stored(dtype, length), 1, length, wide, 0, Lanes.BYTES);
      for (int i = 0; i < Lanes.roundUp(length); i++) {
        assertEquals(i < length ? number(i) : 0f, get(wide, i), dtype + " row of " + length);
      }
    }
  }

  @Test
  void otherTypesHaveNoFormat() {
    assertThrows(IllegalArgumentException.class, () -> FloatFormat.of(DType.F8_E4M3));
    assertFalse(FloatFormat.has(DType.F8_E4M3));
  }

  private static int number(int index) {
    return index * 7 % 23 - 11;
  }

  /** A row of numbers, which starts at byte 1. */
  private static MemorySegment stored(DType dtype, int length) {
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = number(i);
    }
    Tensor row = ArrayWeight.of("row", dtype, numbers, length).lease().tensor();
    assertEquals(1, row.byteOffset());
    return row.segment();
  }

  private static MemorySegment widened(DType dtype) {
    MemorySegment codes = Arena.ofAuto().allocate(2L * CODES + 1);
    for (int code = 0; code < CODES; code++) {
      codes.set(ValueLayout.JAVA_SHORT_UNALIGNED, 1 + 2L * code, (short) code);
    }
    MemorySegment wide = Arena.ofAuto().allocate(4L * CODES, 64);
    FloatFormat.of(dtype).widen(codes, 1, CODES, wide, 0, Lanes.BYTES);
    return wide;
  }

  private static float get(MemorySegment memory, int index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }
}
