package org.mla4j.core.planner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.diagnosis.Explanation.Fusion;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.step.Rows;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.FusingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;
import org.mla4j.core.testing.TinyModel.Variant;

/** Fused ops in the place of separate ones: where, by whom, why not, and with which results. */
class FusedPlanTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Variant.class)
  void everyFusedOpGivesTheBitsOfItsParts(Variant variant) {
    List<float[]> separate = logits(variant, "none");
    for (String type : FusedOp.VOCABULARY) {
      boolean hasPlace = variant != Variant.NO_ROPE || !type.equals(RopeConcatAndCacheMla.TYPE);
      assertEquals(hasPlace, !nodes(explain(variant, type, options -> {}), type).isEmpty(), type);
      List<float[]> fused = logits(variant, type);
      for (int i = 0; i < separate.size(); i++) {
        assertArrayEquals(separate.get(i), fused.get(i), type + ", row " + i);
      }
    }
    List<float[]> all = logits(variant, String.join("+", FusedOp.VOCABULARY));
    for (int i = 0; i < separate.size(); i++) {
      assertArrayEquals(separate.get(i), all.get(i), "all, row " + i);
    }
  }

  @Test
  void ropeAndCacheWriteBecomeOneInEachLayer() {
    Explanation explanation = explain(Variant.PLAIN, "rope_concat_and_cache_mla", options -> {});
    assertEquals(
        List.of(
            new Fusion(
                "rope_concat_and_cache_mla",
                List.of("layers.0.attn.rotary_emb", "layers.0.attn.concat_and_cache"),
                "fusing",
                List.of()),
            new Fusion(
                "rope_concat_and_cache_mla",
                List.of("layers.1.attn.rotary_emb", "layers.1.attn.concat_and_cache"),
                "fusing",
                List.of())),
        fusionsBy(explanation, "rope_concat_and_cache_mla"));
    Entry fused =
        explanation.entries().stream()
            .filter(entry -> entry.op().equals("rope_concat_and_cache_mla"))
            .findFirst()
            .orElseThrow();
    assertEquals("layers.0.attn.rotary_emb+concat_and_cache", fused.node());
    assertEquals("fusing", fused.backend());
    assertEquals(Rows.ALL, fused.rows());
    assertEquals(
        List.of("layers.0.attn.q_pe", "layers.0.attn.k_pe", "layers.0.attn.cache"), fused.writes());
    assertTrue(
        explanation.before().stream()
            .anyMatch(node -> node.node().equals("layers.0.attn.rotary_emb")));
  }

  /**
   * One place less in the plan for each fusion, and neither a copy nor memory to make up for it.
   */
  @ParameterizedTest
  @EnumSource(
      value = Variant.class,
      names = {"PLAIN", "QUERY_LORA", "NEOX_YARN"})
  void fusingAddsNoCopies(Variant variant) {
    Map<String, Integer> separate = ops(explain(variant, "none", options -> {}));
    Map<String, Integer> fused = ops(explain(variant, "rope_concat_and_cache_mla", options -> {}));
    Map<String, Integer> expected = new TreeMap<>(separate);
    assertEquals(2, expected.remove("rotary_embedding"));
    assertEquals(2, expected.remove("concat_and_cache_mla"));
    expected.put("rope_concat_and_cache_mla", 2);
    assertEquals(expected, fused);
    assertEquals(stepBuffers(variant, "none"), stepBuffers(variant, "rope_concat_and_cache_mla"));
  }

  private long stepBuffers(Variant variant, String fused) {
    try (TinyModel model = new TinyModel(variant);
        StepRunner runner = StepRunner.build(model, options(fused).build())) {
      return runner.memory().get("step buffers");
    }
  }

  @Test
  void aNormOfASumIsFusedAcrossLayers() {
    Explanation explanation = explain(Variant.PLAIN, "fused_add_rms_norm", options -> {});
    assertEquals(
        List.of(
            "layers.0.attn_add+post_attention_layernorm",
            "layers.0.mlp_add+1.input_layernorm",
            "layers.1.attn_add+post_attention_layernorm"),
        nodes(explanation, "fused_add_rms_norm"));
  }

  @Test
  void theLargestFusionGoesFirst() {
    String all = String.join("+", FusedOp.VOCABULARY);
    Explanation explanation = explain(Variant.QUERY_LORA, all, options -> {});
    assertEquals(2, nodes(explanation, "mla_preprocess").size());
    assertEquals(List.of(), nodes(explanation, "qkv_a_proj"));
    assertEquals(List.of(), nodes(explanation, "rope_concat_and_cache_mla"));
    assertEquals(
        "layers.0.attn.q_a_proj+kv_a_proj+q_a_layernorm+q_b_proj+kv_a_layernorm+rotary_emb"
            + "+concat_and_cache+absorb_query",
        nodes(explanation, "mla_preprocess").getFirst());
  }

  @Test
  void withoutRopeTheNormedLatentIsWrittenAllTheSame() {
    Explanation explanation =
        explain(Variant.NO_ROPE, "rms_norm_rope_concat_and_cache_mla", options -> {});
    assertEquals(
        List.of(
            "layers.0.attn.kv_a_layernorm+concat_and_cache",
            "layers.1.attn.kv_a_layernorm+concat_and_cache"),
        nodes(explanation, "rms_norm_rope_concat_and_cache_mla"));
  }

  @Test
  void aPartThatIsSwitchedOffIsNotFused() {
    assertEquals(
        List.of(
            new Declined(
                "fusing",
                "rope_concat_and_cache_mla",
                List.of("op list '-rotary_embedding' switches 'rotary_embedding' off"))),
        refusals("-rotary_embedding"));
  }

  @Test
  void aPartThatIsPinnedElsewhereIsNotFused() {
    assertEquals(
        List.of(
            new Declined(
                "fusing",
                "rope_concat_and_cache_mla",
                List.of("op list pins 'concat_and_cache_mla' to 'cpu'"))),
        refusals("concat_and_cache_mla=cpu"));
  }

  @Test
  void aFusionIsSwitchedOffAlone() {
    Explanation explanation =
        explain(
            Variant.PLAIN,
            "rope_concat_and_cache_mla+fused_add_rms_norm",
            options -> options.ops("-rope_concat_and_cache_mla"));
    assertEquals(List.of(), nodes(explanation, "rope_concat_and_cache_mla"));
    assertEquals(3, nodes(explanation, "fused_add_rms_norm").size());
    assertEquals(2, nodes(explanation, "rotary_embedding").size());
  }

  @Test
  void noneMeansTheSeparateKernelsOfCpu() {
    Explanation explanation =
        explain(
            Variant.PLAIN,
            String.join("+", FusedOp.VOCABULARY),
            options -> options.ops("none").backendOption("cpu:fused", "all"));
    assertTrue(explanation.fusions().stream().noneMatch(Fusion::done));
    assertTrue(explanation.entries().stream().allMatch(entry -> entry.backend().equals("cpu")));
  }

  @Test
  void aRefusalCarriesTheBackendsReasons() {
    Explanation explanation =
        explain(
            Variant.PLAIN,
            "rope_concat_and_cache_mla",
            options ->
                options.backendOption("fusing:refuses", "cannot skip the write without slot map"));
    Fusion refused = fusionsBy(explanation, "rope_concat_and_cache_mla").getFirst();
    assertEquals(
        List.of(
            new Declined(
                "fusing",
                "rope_concat_and_cache_mla",
                List.of("cannot skip the write without slot map"))),
        byFusing(refused));
  }

  @Test
  void aPinnedFusionThatRunsNowhereIsAnError() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () ->
                explain(
                    Variant.NO_ROPE,
                    "rope_concat_and_cache_mla",
                    options -> options.ops("rope_concat_and_cache_mla=fusing")));
    assertEquals(
        "Backend 'fusing' was chosen but declines op 'rope_concat_and_cache_mla': the plan has no place for"
            + " it. Choose 'auto', or change the op list 'rope_concat_and_cache_mla=fusing'. [MLA-0104]",
        e.getMessage());
  }

  private List<Declined> refusals(String list) {
    Explanation explanation =
        explain(Variant.PLAIN, "rope_concat_and_cache_mla", options -> options.ops(list));
    Fusion refused = fusionsBy(explanation, "rope_concat_and_cache_mla").getFirst();
    assertEquals("", refused.backend());
    return byFusing(refused);
  }

  private static List<Declined> byFusing(Fusion fusion) {
    return fusion.declined().stream().filter(it -> it.backend().equals("fusing")).toList();
  }

  private static List<Fusion> fusionsBy(Explanation explanation, String type) {
    return explanation.fusions().stream().filter(fusion -> fusion.op().equals(type)).toList();
  }

  private static List<String> nodes(Explanation explanation, String type) {
    return explanation.entries().stream()
        .filter(entry -> entry.op().equals(type))
        .map(Entry::node)
        .toList();
  }

  private static Map<String, Integer> ops(Explanation explanation) {
    Map<String, Integer> counts = new TreeMap<>();
    explanation.entries().forEach(entry -> counts.merge(entry.op(), 1, Integer::sum));
    return counts;
  }

  private Explanation explain(
      Variant variant, String fused, Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options = options(fused);
    change.accept(options);
    try (TinyModel model = new TinyModel(variant);
        StepRunner runner = StepRunner.build(model, options.build())) {
      return runner.explain();
    }
  }

  private EngineOptions.Builder options(String fused) {
    return MixedSteps.options()
        .pluginLoader(PluginLoader.beside(folder, FusingBackend.class))
        .backendOption("cpu:fused", "off")
        .backendOption("fusing:ops", fused);
  }

  private List<float[]> logits(Variant variant, String fused) {
    try (TinyModel model = new TinyModel(variant);
        StepRunner runner = StepRunner.build(model, options(fused).build())) {
      return MixedSteps.logits(runner);
    }
  }
}
