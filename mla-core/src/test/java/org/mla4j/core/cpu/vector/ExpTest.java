package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.core.cpu.simd.Lanes;

class ExpTest {
  @Test
  @DisplayName("within two units in the last place of Math.exp")
  void accuracy() {
    for (float x = Exp.LEAST; x < Exp.LARGEST; x += 0.00317f) {
      double expected = Math.exp(x);
      double error = Math.abs(Exp.of(x) - expected) / Math.ulp((float) expected);
      assertTrue(error <= 2, "e^" + x + ": " + error + " units");
    }
  }

  @Test
  @DisplayName("0, infinities and NaN")
  void edges() {
    assertEquals(1, Exp.of(0));
    assertEquals(1, Exp.of(-0f));
    assertEquals(0, Exp.of(Float.NEGATIVE_INFINITY));
    assertEquals(0, Exp.of(-100));
    assertEquals(Exp.of(Exp.LARGEST), Exp.of(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(Exp.of(Float.NaN)));
    assertTrue(Float.isNaN(Exp.of(Float.intBitsToFloat(-1))));
  }

  @Test
  @DisplayName("vectors give the bits of the scalar form")
  void vectorsGiveTheSameBits() {
    int count = 64 * Lanes.COUNT;
    float[] given = new float[count + Lanes.COUNT];
    for (int i = 0; i < count; i++) {
      given[i] = -110 + 0.3f * i;
    }
    for (int lane = 0; lane < Lanes.COUNT; lane++) {
      given[count + lane] = 0.25f * lane;
    }
    given[7] = Float.NEGATIVE_INFINITY;
    given[11] = Float.NaN;
    MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, given);
    Exp.apply(memory, 0, count, 4L * count, 4L * count);
    float[] sums = new float[Lanes.COUNT];
    for (int i = 0; i < count; i++) {
      int lane = i % Lanes.COUNT;
      float expected = Exp.of(given[i] - given[count + lane]);
      sums[lane] += expected;
      assertEquals(expected, memory.getAtIndex(ValueLayout.JAVA_FLOAT, i), "e^" + given[i]);
    }
    for (int lane = 0; lane < Lanes.COUNT; lane++) {
      assertEquals(sums[lane], memory.getAtIndex(ValueLayout.JAVA_FLOAT, count + lane));
    }
  }
}
