package org.mla4j.tck.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.NodeObserver;
import org.mla4j.core.runner.StepRunner;

/** What a plan copies for a backend with a device of its own, and what stays where. */
class RemotePlanTest {
  @TempDir Path folder;

  @Test
  void aDeviceThatRunsEverythingGivesBackIdsOnly() {
    assertEquals(List.of("sampled@host LOGITS"), copies(""));
  }

  @Test
  void whatCpuRunsInBetweenIsCopiedThereAndBack() {
    List<String> expected = new ArrayList<>();
    for (String name : List.of("layers.0.mlp", "layers.1.moe.shared_experts")) {
      expected.add(name + ".gate_up@host ALL");
      expected.add(name + ".activated@plain ALL");
    }
    expected.add("sampled@host LOGITS");
    assertEquals(expected, copies("silu_and_mul"));
  }

  @Test
  void onlyTheHalfThatIsNeededIsCopied() {
    List<String> inLayer =
        copies("mla_prefill_attention").stream()
            .filter(copy -> copy.startsWith("layers.0.attn."))
            .toList();
    assertEquals(
        List.of(
            "layers.0.attn.q@host PREFILL",
            "layers.0.attn.kv@host PREFILL",
            "layers.0.attn.kv_a@host PREFILL",
            "layers.0.attn.attn_out@plain PREFILL",
            "layers.0.attn.attn_lse@plain PREFILL"),
        inLayer);
  }

  @Test
  void whatEntersContextPassesIsCopiedBeforeThem() {
    List<Entry> entries =
        entries(options().backendOption("plain:without", "mla_context_attention"));
    int copied = index(entries, "layers.0.attn.q@host");
    assertEquals("PREFILL", entries.get(copied).rows().name());
    assertTrue(copied < index(entries, "layers.0.attn.gather_context"), entries::toString);
    int inPass = index(entries, "layers.0.attn.context_kv@host");
    assertEquals("CONTEXT", entries.get(inPass).rows().name());
  }

  @Test
  void aCacheThatTwoDevicesWouldTouchStaysOnTheHost() {
    EngineOptions.Builder options = options().backendOption("plain:without", "gather_cache");
    try (SmallModel model = new SmallModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      Entry write = entry(runner, "layers.0.attn.concat_and_cache");
      assertEquals("cpu", write.backend());
      assertEquals(
          "cache 'layers.0.attn.cache' has one device, and 'layers.0.attn.gather_context'"
              + " (gather_cache) is run by 'cpu'",
          write.declined().getLast().reasons().getFirst());
      assertTrue(runner.memory().containsKey("cache"), runner.memory()::toString);
      assertEquals("plain", entry(runner, "layers.0.attn.o_proj").backend());
    }
  }

  @Test
  void aNamedBackendThatWouldSplitACacheIsRefused() {
    EngineOptions.Builder options =
        options().backend("plain").backendOption("plain:without", "gather_cache");
    try (SmallModel model = new SmallModel()) {
      BackendException e =
          assertThrows(
              BackendException.class, () -> StepRunner.build(model, options.build()).close());
      assertEquals(
          "Backend 'plain' was chosen but declines op 'concat_and_cache_mla' of"
              + " 'layers.0.attn.concat_and_cache': cache 'layers.0.attn.cache' has one device, and"
              + " 'layers.0.attn.gather_context' (gather_cache) is run by 'cpu'. Choose 'auto', or"
              + " give an op list. [MLA-0104]",
          e.getMessage());
    }
  }

  @Test
  void aDeviceWithoutCopiesIsNotOpened() {
    EngineOptions.Builder options = options().backendOption("plain:without", "copy_to");
    String reason =
        "Backend 'plain' computes on device 'remote:0' and has no op 'copy_to'; expected memory and"
            + " 'copy_to' of a device other than the host, and no memory otherwise. [MLA-0108]";
    try (SmallModel model = new SmallModel()) {
      BackendException e =
          assertThrows(
              BackendException.class,
              () -> StepRunner.build(model, options.backend("plain").build()).close());
      assertEquals(reason, e.getMessage());
      try (StepRunner runner = StepRunner.build(model, options.backend("auto").build())) {
        Entry embed = entry(runner, "embed");
        assertEquals("cpu", embed.backend());
        assertTrue(
            embed.declined().getFirst().reasons().getFirst().endsWith(reason), embed::toString);
      }
    }
  }

  @Test
  void memoryOfTheDeviceIsTold() {
    StepRunner closed;
    try (SmallModel model = new SmallModel();
        StepRunner runner = StepRunner.build(model, options().build())) {
      Map<String, Long> memory = runner.memory();
      assertTrue(memory.get("plain device: cache") > 0, memory::toString);
      assertTrue(memory.get("plain device: step buffers") > 0, memory::toString);
      closed = runner;
    }
    assertEquals(Map.of(), closed.memory());
  }

  /** An observer finds every value and every cache as if all were on the host. */
  @Test
  void observersSeeWhatLiesOnTheDevice() {
    Map<String, Double> expected = sums(options().backendOption("plain:device", "off"));
    Map<String, Double> found = sums(options());
    found.remove("sampled@host");
    assertEquals(expected, found);
  }

  /** For each node, the sum of the live rows it wrote; of a cache, of its first block in use. */
  private static Map<String, Double> sums(EngineOptions.Builder options) {
    Map<String, Double> sums = new TreeMap<>();
    NodeObserver observer =
        new NodeObserver() {
          @Override
          public void after(Node node, StepDescription step, Bindings bindings) {
            double sum = 0;
            for (Value value : node.op().writes()) {
              sum +=
                  switch (value) {
                    case StepValue named -> sum(bindings.tensor(named), step);
                    case CacheValue cache -> sum(bindings.cache(cache).narrow(0, 1, 1));
                    case InputValue input -> throw new AssertionError(input);
                  };
            }
            sums.put(node.name(), sum);
          }
        };
    try (SmallModel model = new SmallModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      StepDescription step = runner.step();
      step.clear();
      step.addSequence(Phase.PREFILL, 0, new int[] {3, 1, 4}, 0, 3, new int[] {1}, 1);
      step.wantAllLogits();
      runner.run(observer);
    }
    return sums;
  }

  private static double sum(StepTensor value, StepDescription step) {
    long first = (value.offset(step) - value.tensor().byteOffset()) / Math.max(1, value.rowBytes());
    return sum(value.tensor().narrow(0, first, value.count(step)));
  }

  private static double sum(Tensor tensor) {
    Shape shape = tensor.shape();
    if (shape.rank() > 1) {
      double sum = 0;
      for (int i = 0; i < shape.extent(0); i++) {
        long[] strides = new long[shape.rank() - 1];
        long[] extents = new long[strides.length];
        for (int axis = 1; axis < shape.rank(); axis++) {
          strides[axis - 1] = tensor.stride(axis);
          extents[axis - 1] = shape.extent(axis);
        }
        long offset = tensor.byteOffset() + i * tensor.byteStride(0);
        sum +=
            sum(
                Tensor.strided(
                    tensor.dtype(), Shape.of(extents), strides, tensor.storage(), offset));
      }
      return sum;
    }
    double sum = 0;
    for (int i = 0; i < shape.extent(0); i++) {
      long at = tensor.byteOffset() + i * tensor.byteStride(0);
      sum +=
          tensor.dtype() == DType.I32
              ? tensor.segment().get(ValueLayout.JAVA_INT_UNALIGNED, at)
              : tensor.segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    }
    return sum;
  }

  private EngineOptions.Builder options() {
    return EngineOptions.builder()
        .pluginLoader(new ProviderLoader(folder))
        .backendOption("plain:device", "on")
        .backendOption("plain:fused", "none")
        .threads(2);
  }

  /** The copies of a plan in which a device lacks some ops, each with its rows. */
  private List<String> copies(String without) {
    return entries(options().backendOption("plain:without", without)).stream()
        .filter(entry -> entry.op().equals("copy_to"))
        .map(entry -> entry.node() + " " + entry.rows())
        .toList();
  }

  private static List<Entry> entries(EngineOptions.Builder options) {
    try (SmallModel model = new SmallModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return runner.explain().entries();
    }
  }

  private static Entry entry(StepRunner runner, String node) {
    List<Entry> entries = runner.explain().entries();
    return entries.get(index(entries, node));
  }

  private static int index(List<Entry> entries, String node) {
    return entries.stream().map(Entry::node).toList().indexOf(node);
  }
}
