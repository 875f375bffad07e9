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
    assertEquals(true, CpuOptions.of(Map.of()).vector());
    assertEquals(true, CpuOptions.of(Map.of("vector", "auto")).vector());
    assertEquals(false, CpuOptions.of(Map.of("vector", "off")).vector());
  }

  @Test
  void fusedOpsAreThoseThatGainUnlessSaidOtherwise() {
    assertEquals(FusedChoice.GAINING, CpuOptions.of(Map.of()).fused());
    assertEquals(FusedChoice.GAINING, CpuOptions.of(Map.of("fused", "gaining")).fused());
    assertEquals(FusedChoice.ALL, CpuOptions.of(Map.of("fused", "all")).fused());
    assertEquals(FusedChoice.OFF, CpuOptions.of(Map.of("fused", "off")).fused());
  }

  @Test
  void unknownOptionsAreRefusedWithTheKnownOnes() {
    assertEquals(
        "Backend 'cpu': unknown option 'simd'; known: fused, repack, vector. [MLA-0401]",
        refusal(Map.of("simd", "off", "vector", "off", "threads", "3")));
  }

  @Test
  void unknownValuesAreRefusedWithTheKnownOnes() {
    assertEquals(
        "Backend 'cpu': vector = 'on'; expected auto or off. [MLA-0401]",
        refusal(Map.of("vector", "on")));
    assertEquals(
        "Backend 'cpu': fused = 'on'; expected all, gaining or off. [MLA-0401]",
        refusal(Map.of("fused", "on")));
  }

  private static String refusal(Map<String, String> options) {
    return assertThrows(InvalidInputException.class, () -> CpuOptions.of(options)).getMessage();
  }
}
