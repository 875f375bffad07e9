package org.mla4j.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.plugin.FusedOps;
import org.mla4j.models.plugin.PluginJar;
import org.mla4j.models.plugin.WholeAttention;
import org.mla4j.models.plugin.WholeLayer;
import org.mla4j.models.plugin.WholePlans;
import org.mla4j.models.verify.VerificationReport.GreedyCheck;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/**
 * Models are verified whatever runs their plan: what a larger op leaves is compared, what it
 * swallows is said not to be visible.
 */
class SwallowedValuesTest {
  private static final String WIDE = "deepseek-v3-wide-tiny";
  private static final String SMALL = "fused_add_rms_norm+qkv_a_proj+rope_concat_and_cache_mla";

  @TempDir Path jar;

  @ParameterizedTest
  @CsvSource({
    "deepseek-v3-wide-tiny, VISIBLE",
    "deepseek-v3-wide-tiny, OPAQUE",
    "deepseek-v3-tiny, VISIBLE",
    "deepseek-v3-tiny, OPAQUE"
  })
  void everyFusedOpAtOnce(String golden, AttentionSplit split) {
    Map<String, String> swallowed =
        verified(golden, options(FusedOps.class).attentionSplit(split).build());
    // With attention in one op there are no absorbed queries, which the largest one makes.
    String largest = "inside the fused op 'mla_preprocess'";
    Map<String, String> before = new TreeMap<>();
    if (split == AttentionSplit.VISIBLE) {
      before.put("attn0.p33.k_pe_before_rope", largest);
      before.put("attn0.p33.q_nope", largest);
      before.put("attn0.p33.q_pe_before_rope", largest);
    }
    assertEquals(before, swallowed);
  }

  @ParameterizedTest
  @EnumSource
  void smallerFusedOpsLeaveEveryValue(AttentionSplit split) {
    EngineOptions options =
        options(FusedOps.class).backendOption("fused-ops:ops", SMALL).attentionSplit(split).build();
    assertEquals(Map.of(), verified(WIDE, options));
  }

  /** A fall-back on the real ranks 512 and 64 is a failure. */
  @ParameterizedTest
  @CsvSource({
    "VISIBLE, rope_concat_and_cache_mla",
    "VISIBLE, rms_norm_rope_concat_and_cache_mla",
    "VISIBLE, mla_preprocess",
    "VISIBLE, qkv_a_proj",
    "VISIBLE, fused_add_rms_norm",
    "OPAQUE, rope_concat_and_cache_mla",
    "OPAQUE, rms_norm_rope_concat_and_cache_mla",
    "OPAQUE, fused_add_rms_norm"
  })
  void theFusedOpIsChosenOnTheRealRanks(AttentionSplit split, String op) {
    Explanation explanation =
        explain(
            WIDE,
            options(FusedOps.class)
                .backendOption("fused-ops:ops", op)
                .attentionSplit(split)
                .build());
    List<Entry> fused =
        explanation.entries().stream().filter(entry -> entry.op().equals(op)).toList();
    long layers =
        explanation.before().stream()
            .filter(node -> node.node().endsWith(".attn.concat_and_cache"))
            .count();
    // Between two layers there is one more place for a norm of a sum.
    long places = op.equals("fused_add_rms_norm") ? 2 * layers - 1 : layers;
    assertEquals(places, fused.size(), explanation::toString);
    assertTrue(fused.stream().allMatch(entry -> entry.backend().equals(FusedOps.NAME)));
    assertEquals(
        places,
        explanation.fusions().stream().filter(it -> it.op().equals(op) && it.done()).count(),
        () -> explanation.fusions().toString());
  }

  @Test
  void attentionInOneOpShowsWhatIsAroundIt() {
    Map<String, String> swallowed =
        verified("deepseek-v3-tiny", options(WholeAttention.class).build());
    assertSwallowedAttention("inside attention that runs as one op", swallowed);
  }

  @Test
  void aWholeLayerShowsWhatIsAroundIt() {
    Map<String, String> swallowed = verified("deepseek-v3-tiny", options(WholeLayer.class).build());
    assertSwallowedAttention("inside a layer that runs whole", swallowed);
  }

  @Test
  void aWholePlanShowsItsLogits() {
    Map<String, String> swallowed = verified("deepseek-v3-tiny", options(WholePlans.class).build());
    assertTrue(swallowed.keySet().stream().noneMatch(tensor -> tensor.startsWith("logits")));
    assertEquals(
        List.of("inside a plan that runs whole"), swallowed.values().stream().distinct().toList());
    assertTrue(swallowed.keySet().containsAll(List.of("hidden.p33.layer0", "attn0.p33.attn_out")));
  }

  private static void assertSwallowedAttention(String note, Map<String, String> swallowed) {
    Map<String, String> expected = new TreeMap<>();
    for (String tensor :
        List.of(
            "attn_heads_out",
            "c_kv",
            "k_pe_before_rope",
            "k_pe_interleaved",
            "q_nope",
            "q_pe_before_rope",
            "q_pe_interleaved")) {
      expected.put("attn0.p33." + tensor, note);
    }
    swallowed.remove("attn0.p33.attn_out"); // seen as the result of a layer only
    assertEquals(expected, swallowed);
  }

  /** What was not visible, and why; everything else must have passed. */
  private static Map<String, String> verified(String golden, EngineOptions options) {
    Path folder = TestData.golden(golden);
    try (ModelDefinition model = open(folder)) {
      VerificationReport report =
          GoldenVerifier.verify(model, folder, options, GoldenVerifier.DEFAULT_TOLERANCE);
      assertEquals(
          List.of(),
          Stream.concat(
                  report.tensors().stream().filter(Predicate.not(TensorCheck::passed)),
                  report.greedy().stream().filter(Predicate.not(GreedyCheck::passed)))
              .toList());
      return report.tensors().stream()
          .filter(check -> Double.isNaN(check.error()))
          .collect(
              Collectors.toMap(TensorCheck::tensor, TensorCheck::note, (a, b) -> a, TreeMap::new));
    }
  }

  private static Explanation explain(String golden, EngineOptions options) {
    try (ModelDefinition model = open(TestData.golden(golden));
        StepRunner runner = StepRunner.build(model, options)) {
      return runner.explain();
    }
  }

  private static ModelDefinition open(Path folder) {
    return Architectures.discover().open(folder, ModelConfig.read(folder.resolve("config.json")));
  }

  private EngineOptions.Builder options(Class<? extends BackendProvider> provider) {
    return EngineOptions.builder().threads(2).pluginLoader(PluginJar.with(jar, provider));
  }
}
