package org.mla4j.core.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.RopeTable;

/** A rope table is a weight like others: it comes in every type that a weight comes in. */
class RopeTableTypesTest {
  private static final RopeTable TABLE =
      RopeTable.of(new RopeSpec(4, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 64), 10);

  @Test
  void halfTypesAreTheRoundedFloats() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = TABLE.materialise(arena).segment();
      MemorySegment bf16 = materialise(DType.BF16, arena);
      MemorySegment f16 = materialise(DType.F16, arena);
      for (int i = 0; i < 40; i++) {
        float value = floats.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        assertEquals(BFloat16.fromFloat(value), bf16.getAtIndex(ValueLayout.JAVA_SHORT, i));
        assertEquals(Float.floatToFloat16(value), f16.getAtIndex(ValueLayout.JAVA_SHORT, i));
      }
    }
  }

  @Test
  void otherTypesAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      InvalidInputException e =
          assertThrows(InvalidInputException.class, () -> materialise(DType.I32, arena));
      assertEquals(
          "Weight 'rope_table[theta=10000.0, dim=4]': expected a dense target of type F32, F16 or"
              + " BF16 and shape [10, 4], found I32 [10, 4] on host. [MLA-0302]",
          e.getMessage());
    }
  }

  private static MemorySegment materialise(DType dtype, Arena arena) {
    MemorySegment segment = arena.allocate(40L * dtype.byteSize(), 8);
    TABLE.materialise(Tensor.dense(dtype, TABLE.shape(), segment));
    return segment;
  }
}
