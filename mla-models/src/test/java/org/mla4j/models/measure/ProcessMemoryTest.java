package org.mla4j.models.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessMemoryTest {
  @Test
  void readsThePeak() {
    assertEquals(
        OptionalLong.of(2048 * 1024),
        ProcessMemory.peak(
            List.of(
                "Name:\tjava", "VmPeak:\t    9999 kB", "VmHWM:\t    2048 kB", "VmRSS:\t 1 kB")));
  }

  @Test
  void aSystemThatDoesNotTellIsNoError() {
    assertEquals(OptionalLong.empty(), ProcessMemory.peak(List.of("Name:\tjava")));
    assertEquals(OptionalLong.empty(), ProcessMemory.peak(List.of("VmHWM:\t2048 pages")));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void linuxTells() {
    assertTrue(ProcessMemory.peak().orElseThrow() > 1 << 20);
  }
}
