package org.mla4j.core.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.TestEngine;
import org.mla4j.core.testing.TestParallel;

@DisplayName("The cpu backend")
class CpuBackendTest {
  private static final StepLimits LIMITS = new StepLimits(8, 4, 64, 16, 8);

  @Test
  void isFoundAsAService() {
    BackendProvider provider =
        ServiceLoader.load(BackendProvider.class).stream()
            .filter(found -> found.type() == CpuBackendProvider.class)
            .findFirst()
            .orElseThrow()
            .get();
    assertEquals("cpu", provider.name());
    assertEquals(0, provider.priority());
    assertEquals(1, provider.spiLevel());
    assertEquals("development", provider.version());
  }

  @Test
  void isAvailableAndDeterministicEverywhere() {
    Probe.Available probe = (Probe.Available) new CpuBackendProvider().probe();
    assertTrue(probe.deterministic());
    assertTrue(probe.found().matches("\\d+ processors, \\d+-bit vectors"), probe.found());
  }

  @Test
  void hasAKernelForEveryOpAndNoLayers() {
    try (Backend backend = open(Map.of())) {
      assertEquals(Set.copyOf(Op.VOCABULARY), backend.ops());
      assertEquals(Set.of(), backend.layers());
      assertEquals(Set.of("output_scale"), backend.features());
    }
  }

  @Test
  void unknownOptionIsRefusedWhenOpened() {
    var refused =
        assertThrows(InvalidInputException.class, () -> open(Map.of("vectors", "off")).close());
    assertEquals(
        "Backend 'cpu': unknown option 'vectors'; known: vector. [MLA-0401]", refused.getMessage());
  }

  @Test
  void vectorKernelsComeFirstAndScalarKernelsFillTheGaps() {
    try (Backend backend = open(Map.of());
        OpTestBench bench = OpTestBench.tokens(4)) {
      Op select = new SelectRows(bench.buffer("x", Rows.ALL, 3), bench.buffer("y", Rows.LOGITS, 3));
      assertEquals("VectorLinear", backend.create(linear(bench, weight()), bench).describe());
      assertEquals("ScalarSelectRows", backend.create(select, bench).describe());
    }
  }

  @Test
  void vectorOffGivesScalarKernels() {
    try (Backend backend = open(Map.of("vector", "off"));
        OpTestBench bench = OpTestBench.tokens(4)) {
      Op op = linear(bench, weight());
      assertEquals(Support.yes(), backend.supports(op));
      assertEquals("ScalarLinear", backend.create(op, bench).describe());
    }
  }

  @Test
  void sharedWeightIsBorrowedOnceAndGivenBackOnce() {
    ArrayWeight weight = weight();
    Backend backend = open(Map.of("vector", "off"));
    try (OpTestBench bench = OpTestBench.tokens(4)) {
      backend.create(linear(bench, weight), bench);
      backend.create(linear(bench, weight), bench);
      assertEquals(1, weight.openLeases());
    }
    backend.close();
    assertEquals(0, weight.openLeases());
    backend.close();
    assertEquals(0, weight.openLeases());
  }

  private static Backend open(Map<String, String> options) {
    return new CpuBackendProvider()
        .open(new TestEngine(LIMITS, TestParallel.sequential(), options));
  }

  private static ArrayWeight weight() {
    return ArrayWeight.of("w", DType.BF16, new float[12], 4, 3);
  }

  private static Op linear(OpTestBench bench, ArrayWeight weight) {
    return new Linear(bench.buffer("x", Rows.ALL, 3), weight, null, bench.buffer("y", Rows.ALL, 4));
  }
}
