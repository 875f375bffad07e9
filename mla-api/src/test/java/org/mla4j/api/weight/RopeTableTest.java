package org.mla4j.api.weight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;

/** The rope turns two pairs, by 1 and by 0.01 per position. */
class RopeTableTest {
  private static final RopeSpec ROPE = rope(new RopeScaling.None());
  private static final int POSITIONS = 6;
  private static final double ROUNDING = 1e-7;

  private final RopeTable table = RopeTable.of(ROPE, POSITIONS);

  private static RopeSpec rope(RopeScaling scaling) {
    return new RopeSpec(4, 10000, RopeStyle.INTERLEAVED, scaling, 64);
  }

  private static float at(Tensor table, int position, int column) {
    return table.segment().getAtIndex(ValueLayout.JAVA_FLOAT, position * 4L + column);
  }

  @Test
  void aRowIsCosinesThenSines() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor values = table.materialise(arena);
      assertEquals(Shape.of(POSITIONS, 4), values.shape());
      for (int p = 0; p < POSITIONS; p++) {
        assertEquals(Math.cos(p), at(values, p, 0), ROUNDING, "position " + p);
        assertEquals(Math.cos(0.01 * p), at(values, p, 1), ROUNDING, "position " + p);
        assertEquals(Math.sin(p), at(values, p, 2), ROUNDING, "position " + p);
        assertEquals(Math.sin(0.01 * p), at(values, p, 3), ROUNDING, "position " + p);
      }
    }
  }

  @Test
  void cosAndSinCarryTheAttentionFactor() {
    RopeSpec yarn = rope(new RopeScaling.Yarn(40, 4096, 32, 1, 1, 0));
    try (Arena arena = Arena.ofConfined()) {
      Tensor values = RopeTable.of(yarn, 2).materialise(arena);
      assertEquals(1.368887945f, at(values, 0, 0), ROUNDING);
      assertEquals(0, at(values, 0, 2));
      assertEquals(1.368887945 * Math.cos(1), at(values, 1, 0), 2 * ROUNDING);
      assertEquals(1.368887945 * Math.sin(1), at(values, 1, 2), 2 * ROUNDING);
    }
  }

  @Test
  void isWrittenWhereTheTargetStarts() {
    byte[] bytes = new byte[1 + POSITIONS * 4 * 4 + 1];
    bytes[0] = 77;
    bytes[bytes.length - 1] = 77;
    MemorySegment segment = MemorySegment.ofArray(bytes);
    table.materialise(Tensor.dense(DType.F32, table.shape(), new HostStorage(segment), 1));
    assertEquals(1f, segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 1));
    assertEquals(
        Math.sin(0.05), segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, bytes.length - 5L), ROUNDING);
    assertEquals(77, bytes[0]);
    assertEquals(77, bytes[bytes.length - 1]);
  }

  @Test
  void halfTypesAreRounded() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor floats = table.materialise(arena);
      MemorySegment bf16 = arena.allocate(2L * POSITIONS * 4, 2);
      MemorySegment f16 = arena.allocate(2L * POSITIONS * 4, 2);
      table.materialise(Tensor.dense(DType.BF16, table.shape(), bf16));
      table.materialise(Tensor.dense(DType.F16, table.shape(), f16));
      for (int i = 0; i < POSITIONS * 4; i++) {
        float value = at(floats, 0, i);
        assertEquals(BFloat16.fromFloat(value), bf16.getAtIndex(ValueLayout.JAVA_SHORT, i));
        assertEquals(Float.floatToFloat16(value), f16.getAtIndex(ValueLayout.JAVA_SHORT, i));
      }
    }
  }

  @Test
  void otherTargetsAreRefused() {
    String expected =
        "Weight 'rope_table[theta=10000.0, dim=4]': expected a dense target of type F32, F16 or"
            + " BF16 and shape [6, 4], found ";
    HostStorage storage = new HostStorage(MemorySegment.ofArray(new byte[1000]));
    assertRefused(
        expected + "F8_E4M3 [6, 4] on host. [MLA-0302]",
        () -> table.materialise(Tensor.dense(DType.F8_E4M3, Shape.of(6, 4), storage, 0)));
    assertRefused(
        expected + "F32 [4, 6] on host. [MLA-0302]",
        () -> table.materialise(Tensor.dense(DType.F32, Shape.of(4, 6), storage, 0)));
    assertRefused(
        expected + "F32 [6, 4] on host. [MLA-0302]",
        () ->
            table.materialise(
                Tensor.strided(DType.F32, Shape.of(6, 4), new long[] {5, 1}, storage, 0)));
  }

  @Test
  void isAWeightThatIsComputed() {
    assertEquals("rope_table[theta=10000.0, dim=4]", table.name());
    assertEquals(DType.F32, table.dtype());
    assertEquals(Shape.of(POSITIONS, 4), table.shape());
    assertSame(ROPE, table.spec());
    assertFalse(table.isPlain());
    assertModelRefused(
        "Weight 'rope_table[theta=10000.0, dim=4]' is computed, not stored; materialise it"
            + " instead. [MLA-0205]",
        table::lease);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 65})
  void hasNoMorePositionsThanTheRope(int positions) {
    assertRefused(
        "Rope table of " + positions + " positions; expected 1 to maxPositions = 64. [MLA-0301]",
        () -> RopeTable.of(ROPE, positions));
  }

  @Test
  void mayBeAsLongAsTheRope() {
    assertEquals(64, RopeTable.of(ROPE, 64).shape().extent(0));
  }
}
