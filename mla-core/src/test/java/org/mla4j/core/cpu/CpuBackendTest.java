package org.mla4j.core.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
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
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
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
    try (Backend backend = open(Map.of("fused", "all"))) {
      Set<String> ops = new HashSet<>(Op.VOCABULARY);
      ops.remove(CompositeOp.MLA_ATTENTION);
      assertEquals(ops, backend.ops());
      assertEquals(Set.of(), backend.layers());
      assertEquals(
          Set.of("add_factor", "embedding_factor", "key_heads", "norm_heads", "output_scale"),
          backend.features());
    }
  }

  @Test
  void hasTheFusedOpsThatWereChosen() {
    assertEquals(
        Set.of("fused_add_rms_norm", "qkv_a_proj", "rope_concat_and_cache_mla"),
        fusedOps(Map.of()));
    assertEquals(Set.of(), fusedOps(Map.of("fused", "off")));
    assertEquals(Set.copyOf(FusedOp.VOCABULARY), fusedOps(Map.of("fused", "all")));
  }

  private static Set<String> fusedOps(Map<String, String> options) {
    try (Backend backend = open(options)) {
      Set<String> ops = new HashSet<>(backend.ops());
      ops.retainAll(FusedOp.VOCABULARY);
      return ops;
    }
  }

  @Test
  void takesCachesRowByRowBestAndInEveryOtherLayoutToo() {
    try (Backend backend = open(Map.of())) {
      assertEquals(
          "[rows, rows, deinterleaved, split, split, deinterleaved, nz, nz, deinterleaved]",
          backend.cacheLayouts().toString());
      backend.cacheLayouts().forEach(layout -> assertTrue(backend.takesLayout(layout)));
      assertTrue(backend.takesLayout(new CacheLayout(Arrangement.NZ, RopeOrder.DEINTERLEAVED, 4)));
    }
  }

  @Test
  void unknownOptionIsRefusedWhenOpened() {
    var refused =
        assertThrows(InvalidInputException.class, () -> open(Map.of("vectors", "off")).close());
    assertEquals(
        "Backend 'cpu': unknown option 'vectors'; known: fused, repack, vector. [MLA-0401]",
        refused.getMessage());
  }

  @Test
  void vectorKernelsComeFirstAndScalarKernelsFillTheGaps() {
    try (Backend backend = open(Map.of());
        OpTestBench bench = OpTestBench.tokens(4)) {
      Op select = new SelectRows(bench.buffer("x", Rows.ALL, 3), bench.buffer("y", Rows.LOGITS, 3));
      assertEquals("PackedLinear", backend.create(linear(bench, weight()), bench).describe());
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
