package org.mla4j.core.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.mla4j.core.cpu.vector.PeakLoops;

class MachineLimitsTest {
  @Test
  void theLimitsAreThoseOfAMachine() {
    MachineLimits limits = MachineLimits.measure(2);
    assertEquals(2, limits.threads());
    assertTrue(limits.bytesPerSecond() > 1e8 && limits.bytesPerSecond() < 1e13, limits.toString());
    assertTrue(limits.flopsPerSecond() > 1e8 && limits.flopsPerSecond() < 1e14, limits.toString());
    assertTrue(limits.readBytes() >= 1 << 26, limits.toString());
  }

  @Test
  void theLoopsDoWhatTheyCount() {
    int floats = (int) PeakLoops.bytesPerRound() / Float.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(3 * PeakLoops.bytesPerRound(), 64);
      for (int i = 0; i < 3 * floats; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
      }
      // Of 8 streams, one lane of each: 8 ones in each round.
      assertEquals(16, PeakLoops.read(memory, PeakLoops.bytesPerRound(), 2));
      assertEquals(24, PeakLoops.read(memory, 0, 3));
    }
    // 12 chains of 1e-9, and 1e-9 more in each of 1000 rounds; a round is 24 operations a lane.
    assertEquals(12 * 1001e-9, PeakLoops.multiplyAdd(1000), 1e-10);
    assertEquals(0, PeakLoops.flopsPerRound() % 24);
  }
}
