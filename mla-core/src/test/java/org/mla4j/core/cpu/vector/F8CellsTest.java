package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.core.cpu.simd.Lanes;

@DisplayName("Cells of E4M3")
class F8CellsTest {
  private static final int CODES = 256;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 15, 16, 17, 255, 256})
  void everyCodeBecomesWhatItStandsFor(int length) {
    float scale = 0.0173f;
    MemorySegment row = Arena.ofAuto().allocate(CODES + 1);
    for (int first = 0; first < CODES; first += 100) {
      for (int i = 0; i < length; i++) {
        row.set(ValueLayout.JAVA_BYTE, 1 + i, (byte) (first + i));
      }
      MemorySegment out = Arena.ofAuto().allocate(4L * (CODES + 16), 64).fill((byte) 1);
      new F8Cells(scale).widen(row, 1, length, out, 0, Lanes.BYTES);
      for (int i = 0; i < Lanes.roundUp(length); i++) {
        float expected = i < length ? Float8E4M3.toFloat((byte) (first + i)) * scale : 0;
        float actual = out.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        assertEquals(
            Float.floatToIntBits(expected),
            Float.floatToIntBits(actual),
            "code " + (first + i) + ": " + actual);
      }
    }
  }
}
