package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.RandomData;

/** Loops over blocks against the codec, bit for bit. */
class BlockFormatTest {
  private static final int COLUMNS = 1024;
  private static final int ROWS = 40;

  /** Of the types that are multiplied as they are decoded. */
  private static final int HALF_BLOCK = 16;

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0", "Q4_K", "Q6_K"})
  void rowsWidenToTheBitsOfTheCodec(DType dtype) {
    ArrayWeight weight = weight(dtype);
    float[] expected = weight.values();
    Tensor stored = weight.lease().tensor();
    assertEquals(1, stored.byteOffset());
    for (long stride : new long[] {Lanes.BYTES, 4 * Lanes.BYTES}) {
      long bytes = COLUMNS / Lanes.COUNT * stride;
      MemorySegment wide = Arena.ofAuto().allocate(bytes + 4, 64);
      for (int row = 0; row < ROWS; row++) {
        wide.fill((byte) 0x55);
        format(dtype).widen(stored.segment(), at(stored, row), COLUMNS, wide, 0, stride);
        for (int i = 0; i < COLUMNS; i++) {
          long at = i / Lanes.COUNT * stride + 4L * (i % Lanes.COUNT);
          assertSameBits(
              expected[row * COLUMNS + i],
              wide.get(ValueLayout.JAVA_FLOAT, at),
              dtype + " row " + row + " element " + i);
        }
        assertEquals(0x55555555, wide.get(ValueLayout.JAVA_INT, bytes), "beyond the row");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0"})
  @DisplayName("a product has a sum of first halves and one of second halves in each lane")
  void rowsMultiply(DType dtype) {
    ArrayWeight weight = weight(dtype);
    float[] values = weight.values();
    Tensor stored = weight.lease().tensor();
    BlockFormat.Direct direct = assertInstanceOf(BlockFormat.Direct.class, format(dtype));
    float[] numbers = new RandomData(7).normal(COLUMNS);
    MemorySegment x = Arena.ofAuto().allocate(4L * COLUMNS + 4, 64);
    MemorySegment.copy(numbers, 0, x, ValueLayout.JAVA_FLOAT, 4, COLUMNS);
    MemorySegment lanes = Arena.ofAuto().allocate(Lanes.BYTES, 64);
    for (int row = 0; row < ROWS; row++) {
      direct.dot(stored.segment(), at(stored, row), x, 4, COLUMNS, lanes, 0);
      float[][] sums = new float[2][Lanes.COUNT];
      for (int i = 0; i < COLUMNS; i++) {
        float[] half = sums[i / HALF_BLOCK % 2];
        int lane = i % Lanes.COUNT;
        half[lane] = Math.fma(values[row * COLUMNS + i], numbers[i], half[lane]);
      }
      for (int lane = 0; lane < Lanes.COUNT; lane++) {
        assertSameBits(
            sums[0][lane] + sums[1][lane],
            lanes.getAtIndex(ValueLayout.JAVA_FLOAT, lane),
            dtype + " row " + row + " lane " + lane);
      }
    }
  }

  @Test
  void otherTypesHaveNone() {
    assertNull(BlockFormat.of(DType.Q5_K));
    assertNull(BlockFormat.of(DType.F32));
  }

  private static ArrayWeight weight(DType dtype) {
    return ArrayWeight.blocks("weight", dtype, new RandomData(3), 1, ROWS, COLUMNS);
  }

  private static BlockFormat format(DType dtype) {
    return Objects.requireNonNull(BlockFormat.of(dtype));
  }

  private static long at(Tensor matrix, int row) {
    return matrix.byteOffset() + row * matrix.dtype().byteCount(COLUMNS);
  }

  private static void assertSameBits(float expected, float found, String what) {
    assertEquals(Float.floatToRawIntBits(expected), Float.floatToRawIntBits(found), what);
  }
}
