package org.mla4j.models.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.verify.GoldenVerifier;
import org.mla4j.models.verify.VerificationReport;

/**
 * Backends from a jar of their own take over, with no change in any model: the explanation shows
 * it, the numbers stay.
 */
class TakeOverTest {
  private static final Path FOLDER = TestData.golden("deepseek-v3-tiny");

  @TempDir Path jar;

  @Test
  void aKernelForOneOpTakesOver() {
    EngineOptions options = EngineOptions.builder().pluginLoader(jarWith(OwnRmsNorm.class)).build();
    Explanation explanation = explain(options);
    assertEquals(Set.of("own-norm"), backends(explanation, entry -> entry.op().equals("rms_norm")));
    assertEquals(Set.of("cpu"), backends(explanation, entry -> !entry.op().equals("rms_norm")));
    assertVerified(options);
  }

  @Test
  void aWholeLayerTakesOver() {
    EngineOptions options = EngineOptions.builder().pluginLoader(jarWith(WholeLayer.class)).build();
    Explanation explanation = explain(options);
    List<Entry> layers =
        explanation.entries().stream()
            .filter(entry -> entry.op().equals("multi_head_latent_attention"))
            .toList();
    assertEquals(
        List.of("layers.0.attn", "layers.1.attn", "layers.2.attn"),
        layers.stream().map(Entry::node).toList());
    assertEquals(
        Set.of("whole-layer"), layers.stream().map(Entry::backend).collect(Collectors.toSet()));
    assertTrue(
        explanation.entries().stream()
            .noneMatch(entry -> entry.node().startsWith("layers.0.attn.")));
    assertVerified(options);
  }

  @Test
  void bothSizesMix() {
    EngineOptions options =
        EngineOptions.builder().pluginLoader(jarWith(WholeLayer.class, OwnRmsNorm.class)).build();
    Explanation explanation = explain(options);
    assertEquals(Set.of("cpu", "own-norm", "whole-layer"), backends(explanation, entry -> true));
    assertVerified(options);
  }

  @Test
  void opListsNeverTouchALayerAndItsOwnSwitchDoes() {
    ClassLoader loader = jarWith(WholeLayer.class);
    Explanation without = explain(EngineOptions.builder().pluginLoader(loader).ops("none").build());
    assertEquals(
        Set.of("whole-layer"),
        backends(without, entry -> entry.op().equals("multi_head_latent_attention")));
    Explanation pinned =
        explain(EngineOptions.builder().pluginLoader(loader).ops("layer=cpu").build());
    assertEquals(Set.of("cpu"), backends(pinned, entry -> true));
  }

  @Test
  void aLayerThatDeclinesLeavesItsReasonAndTheDefaultForward() {
    EngineOptions options =
        EngineOptions.builder()
            .pluginLoader(jarWith(WholeLayer.class))
            .cacheDType(DType.BF16)
            .build();
    Explanation explanation = explain(options);
    Entry first =
        explanation.entries().stream()
            .filter(entry -> entry.node().equals("layers.0.attn.q_a_proj+kv_a_proj"))
            .findFirst()
            .orElseThrow();
    assertEquals("cpu", first.backend());
    assertEquals(
        List.of(
            new Declined(
                "whole-layer",
                "multi_head_latent_attention",
                List.of("cacheDType = BF16; only F32 is supported")),
            new Declined("whole-layer", "linear", List.of("has no op 'linear'"))),
        first.declined());
  }

  private static void assertVerified(EngineOptions options) {
    try (ModelDefinition model = open()) {
      VerificationReport report =
          GoldenVerifier.verify(model, FOLDER, options, GoldenVerifier.DEFAULT_TOLERANCE);
      assertTrue(report.passed(), report::toString);
    }
  }

  private static Explanation explain(EngineOptions options) {
    try (ModelDefinition model = open();
        StepRunner runner = StepRunner.build(model, options)) {
      return runner.explain();
    }
  }

  private static ModelDefinition open() {
    return Architectures.discover().open(FOLDER, ModelConfig.read(FOLDER.resolve("config.json")));
  }

  private static Set<String> backends(Explanation explanation, Predicate<Entry> which) {
    return explanation.entries().stream()
        .filter(which)
        .map(Entry::backend)
        .collect(Collectors.toSet());
  }

  @SafeVarargs
  private ClassLoader jarWith(Class<? extends BackendProvider>... providers) {
    return PluginJar.with(jar, providers);
  }
}
