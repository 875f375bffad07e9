package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;

class FloatFormatTest {
  private static final int CODES = 1 << 16;

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
