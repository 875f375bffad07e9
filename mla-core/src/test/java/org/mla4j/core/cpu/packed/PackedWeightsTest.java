package org.mla4j.core.cpu.packed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestEngine;

@DisplayName("Packed weights")
class PackedWeightsTest {
  /** Neither a multiple of sixteen rows, nor of the columns that lie together. */
  private static final int ROWS = 83;

  record Size(DType dtype, int columns) {}

  static Stream<Size> sizes() {
    return Stream.of(
        new Size(DType.F32, 57),
        new Size(DType.BF16, 57),
        new Size(DType.F16, 57),
        new Size(DType.Q8_0, 96),
        new Size(DType.Q4_0, 96),
        new Size(DType.Q4_K, 768),
        new Size(DType.Q6_K, 768));
  }

  private static ArrayWeight weight(Size size) {
    RandomData data = new RandomData(1);
    return size.dtype().isBlockType()
        ? ArrayWeight.blocks("w", size.dtype(), data, 1, ROWS, size.columns())
        : ArrayWeight.of(
            "w", size.dtype(), data.normal(ROWS * size.columns()), ROWS, size.columns());
  }

  private static PackedWeights store() {
    return new PackedWeights(TestEngine.of(new StepLimits(4, 1, 64, 16, 8)));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  @DisplayName("a panel has the values that the stored type stands for, and zeros behind them")
  void widen(Size size) {
    ArrayWeight weight = weight(size);
    PackedMatrix matrix = store().matrix(weight).orElseThrow();
    assertEquals(0, weight.openLeases());
    float[] values = weight.values();
    MemorySegment panel = Arena.ofAuto().allocate(Panel.BYTES, 64);
    for (int first = 0; first < ROWS; first += Panel.OUTPUTS) {
      for (int column = 0; column < size.columns(); column += Panel.COLUMNS) {
        matrix.widen(0, first / PackedMatrix.GROUP, column, panel, 0);
        int count = Math.min(Panel.COLUMNS, matrix.paddedColumns() - column);
        for (int i = 0; i < count; i++) {
          for (int row = first; row < Math.min(ROWS, first + Panel.OUTPUTS); row++) {
            boolean isThere = column + i < size.columns();
            float expected = isThere ? values[row * size.columns() + column + i] : 0;
            long at = (long) i * Panel.STRIDE + 4L * (row - first);
            assertEquals(
                expected,
                panel.get(ValueLayout.JAVA_FLOAT, at),
                1e-6 + Math.abs(expected) * 1e-6,
                "row " + row + ", column " + (column + i));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  @DisplayName("a group times a row is the sum of their products")
  void multiply(Size size) {
    ArrayWeight weight = weight(size);
    PackedMatrix matrix = store().matrix(weight).orElseThrow();
    float[] values = weight.values();
    float[] x = new float[matrix.paddedColumns()];
    System.arraycopy(new RandomData(2).normal(size.columns()), 0, x, 0, size.columns());
    float[] sums = new float[x.length / PackedMatrix.SUMMED + 1];
    for (int i = 0; i < x.length; i++) {
      sums[i / PackedMatrix.SUMMED] += x[i];
    }
    MemorySegment out = Arena.ofAuto().allocate(4L * PackedMatrix.GROUP, 64);
    for (int group = 0; group < matrix.groups(); group++) {
      matrix.multiply(0, group, x, 0, sums, 0, out, 0);
      int first = group * PackedMatrix.GROUP;
      for (int row = first; row < Math.min(ROWS, first + PackedMatrix.GROUP); row++) {
        double expected = 0;
        double magnitude = 0;
        for (int column = 0; column < size.columns(); column++) {
          double product = (double) values[row * size.columns() + column] * x[column];
          expected += product;
          magnitude += Math.abs(product);
        }
        float actual = out.getAtIndex(ValueLayout.JAVA_FLOAT, row - first);
        assertEquals(expected, actual, 1e-6 * magnitude, "row " + row);
      }
    }
  }

  @Test
  @DisplayName("sixteen bits with an infinity or NaN are left to kernels that know them")
  void unknownValues() {
    for (float value : new float[] {Float.POSITIVE_INFINITY, Float.NaN}) {
      ArrayWeight weight = ArrayWeight.of("w", DType.F16, new float[] {1, 2, value, 4}, 2, 2);
      assertTrue(store().matrix(weight).isEmpty());
      ArrayWeight same = ArrayWeight.of("w", DType.BF16, new float[] {1, 2, value, 4}, 2, 2);
      assertTrue(store().matrix(same).isPresent());
    }
  }

  @Test
  @DisplayName("types without a format are not packed")
  void otherTypes() {
    for (DType dtype : List.of(DType.Q5_0, DType.Q5_1, DType.Q5_K, DType.IQ4_NL)) {
      ArrayWeight weight = ArrayWeight.blocks("w", dtype, new RandomData(3), 1, 2, 256);
      assertEquals(false, PackedWeights.canPack(weight));
      assertTrue(store().matrix(weight).isEmpty());
    }
  }

  @Test
  @DisplayName("what is computed from other weights is packed as F32")
  void computed() {
    ArrayWeight weight = ArrayWeight.derived("w", DType.F32, new float[] {1, 2, 3, 4}, 2, 2);
    assertEquals(true, PackedWeights.canPack(weight));
    PackedMatrix matrix = store().matrix(weight).orElseThrow();
    assertArrayEquals(new float[] {2, 4, 0}, Arrays.copyOf(product(matrix, 0, 0, 1), 3));
  }

  @Test
  @DisplayName("a weight is packed once, and again in the same place when it is reloaded")
  void reload() {
    PackedWeights store = store();
    ArrayWeight weight = ArrayWeight.of("w", DType.F32, new float[] {1, 2, 3, 4}, 2, 2);
    PackedMatrix matrix = store.matrix(weight).orElseThrow();
    assertSame(matrix, store.matrix(weight).orElseThrow());
    weight.set(5, 6, 7, 8);
    store.reload();
    assertArrayEquals(new float[] {65, 87, 0}, Arrays.copyOf(product(matrix, 0, 1, 10), 3));
  }

  @Test
  @DisplayName("a weight reloaded with values that its format does not know is refused by name")
  void reloadUnknown() {
    PackedWeights store = store();
    ArrayWeight weight = ArrayWeight.of("w", DType.F16, new float[] {1, 2, 3, 4}, 2, 2);
    assertTrue(store.matrix(weight).isPresent());
    weight.set(1, 2, Float.NaN, 4);
    assertEquals(
        "Weight 'w' was reloaded with an infinity or NaN; expected finite values, as those"
            + " that it was packed with. Option repack=off of this backend takes any. [MLA-0112]",
        assertThrows(ModelException.class, store::reload).getMessage());
  }

  @Test
  @DisplayName("a matrix of several pieces of memory is the same as its pieces")
  void pieces() {
    int rows = 16 * 300;
    int columns = 96;
    float[] values = new RandomData(4).normal(rows * columns);
    PackedMatrix matrix =
        store().matrix(ArrayWeight.of("w", DType.F32, values, rows, columns)).orElseThrow();
    assertTrue(matrix.pieces() > 1, matrix.pieces() + " pieces");
    assertEquals(300, matrix.firstGroup(matrix.pieces()));
    float[] x = new float[columns];
    x[95] = 1;
    for (int row = 0; row < rows; row++) {
      float[] group = product(matrix, row / PackedMatrix.GROUP, x);
      assertEquals(values[row * columns + 95], group[row % PackedMatrix.GROUP], "row " + row);
    }
  }

  /** A group of F32 weights times a row of floats, zeros behind. */
  private static float[] product(PackedMatrix matrix, int group, float... x) {
    float[] padded = Arrays.copyOf(x, matrix.paddedColumns());
    MemorySegment out = Arena.ofAuto().allocate(4L * PackedMatrix.GROUP, 64);
    matrix.multiply(0, group, padded, 0, new float[0], 0, out, 0);
    return out.toArray(ValueLayout.JAVA_FLOAT);
  }
}
