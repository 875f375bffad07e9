package org.mla4j.core.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;

@DisplayName("Options of the cpu backend")
class CpuOptionsTest {
  @Test
  void vectorKernelsAreUsedUnlessSwitchedOff() {
    assertEquals(new CpuOptions(true), CpuOptions.of(Map.of()));
    assertEquals(new CpuOptions(true), CpuOptions.of(Map.of("vector", "auto")));
    assertEquals(new CpuOptions(false), CpuOptions.of(Map.of("vector", "off")));
  }

  @Test
  void unknownOptionsAreRefusedWithTheKnownOnes() {
    assertEquals(
        "Backend 'cpu': unknown option 'simd'; known: vector. [MLA-0401]",
        refusal(Map.of("simd", "off", "vector", "off", "threads", "3")));
  }

  @Test
  void unknownValuesAreRefusedWithTheKnownOnes() {
    assertEquals(
        "Backend 'cpu': vector = 'on'; expected auto or off. [MLA-0401]",
        refusal(Map.of("vector", "on")));
  }

  private static String refusal(Map<String, String> options) {
    return assertThrows(InvalidInputException.class, () -> CpuOptions.of(options)).getMessage();
  }
}
