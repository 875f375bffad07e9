package org.mla4j.models.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.spec.RopeScaling.LongRope;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.BatchDriver;
import org.mla4j.models.testing.BatchDriver.Answer;
import org.mla4j.models.testing.BatchDriver.Policy;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.GoldenPrompts;
import org.mla4j.models.testing.GoldenPrompts.Prompt;
import org.mla4j.models.testing.TestPlan;

/** What the layers of other families than DeepSeek are. */
class FamilyPlanTest {
  @TempDir Path folder;

  @Test
  void yarnOfQwenScalesCosAndSinAndNotScores() {
    EditedCheckpoint.of("qwen2-tiny", folder)
        .config(
            "rope_scaling", "{'type':'yarn','factor':4.0,'original_max_position_embeddings':8192}")
        .write();
    GroupedQueryAttention.Call call =
        assertInstanceOf(GroupedQueryAttention.Call.class, layers(CacheDTypes.F32).getFirst());
    assertEquals(0.1 * Math.log(4) + 1, call.spec().rope().attentionFactor(), 1e-15);
    assertEquals(0.25, call.spec().scale());
  }

  @Test
  void aCacheOfGroupedQueriesHasATypeOfItsOwnAndTheLargerOfItsScales() {
    EditedCheckpoint.of("qwen3-tiny", folder).write();
    CacheDTypes dtypes = CacheDTypes.parse("f32,grouped_query_attention=fp8_e4m3");
    GroupedQueryAttention.Call call = (GroupedQueryAttention.Call) layers(dtypes).getFirst();
    assertEquals(DType.F8_E4M3, call.cache().spec().dtype());
    assertEquals(1, call.cache().spec().scale());
    assertEquals(2 * 2 * 48, call.cache().spec().bytesPerToken());
  }

  @Test
  void convertedLayersHaveNoNormsOfLatents() {
    EditedCheckpoint.of("qwen2-mla-exact-tiny", folder).write();
    MultiHeadLatentAttention.Call call =
        (MultiHeadLatentAttention.Call) layers(CacheDTypes.F32).getFirst();
    assertEquals(null, call.spec().kvANorm());
    assertEquals(80 + 12, call.cache().spec().rowWidth());
  }

  @Test
  void longRopeOfAnExtendedModelHasAFactorOnCosAndSin() {
    EditedCheckpoint.of("minicpm3-tiny", folder)
        .config("max_position_embeddings", "131072")
        .write();
    MultiHeadLatentAttention.Call call =
        (MultiHeadLatentAttention.Call) layers(CacheDTypes.F32).getFirst();
    RopeSpec rope = call.spec().rope();
    LongRope scaling = assertInstanceOf(LongRope.class, rope.scaling());
    assertEquals(Math.sqrt(1 + Math.log(4) / Math.log(32768)), scaling.attentionFactor(), 1e-15);
    assertEquals(Math.pow(10000, -14 / 16.0) / 8, rope.inverseFrequencies(32768)[7], 1e-18);
    assertEquals(Math.pow(10000, -14 / 16.0) / 12.5, rope.inverseFrequencies(32769)[7], 1e-18);
  }

  /** What the conversion promises: another form of the same function. */
  @Test
  void theExactConversionComputesWhatItsSourceComputes() {
    List<Prompt> prompts = GoldenPrompts.of("qwen2-mla-src-tiny");
    List<Answer> source = answers("qwen2-mla-src-tiny", prompts);
    List<Answer> converted = answers("qwen2-mla-exact-tiny", prompts);
    for (int i = 0; i < prompts.size(); i++) {
      assertEquals(source.get(i).drawn(), converted.get(i).drawn(), prompts.get(i).name());
      List<float[]> expected = source.get(i).logits();
      for (int row = 0; row < expected.size(); row++) {
        for (int id = 0; id < expected.get(row).length; id++) {
          float found = converted.get(i).logits().get(row)[id];
          assertTrue(Math.abs(found - expected.get(row)[id]) < 1e-4, prompts.get(i).name());
        }
      }
    }
  }

  private static List<Answer> answers(String golden, List<Prompt> prompts) {
    ModelConfig config = ModelConfig.read(TestData.golden(golden).resolve("config.json"));
    EngineOptions options =
        EngineOptions.builder()
            .maxSequences(4)
            .maxSequenceLength(162)
            .maxTokensPerStep(4 * 162)
            .cacheTokens(4 * 192)
            .allLogits(true)
            .build();
    try (ModelDefinition model = Architectures.discover().open(TestData.golden(golden), config);
        StepRunner runner = StepRunner.build(model, options)) {
      List<int[]> ids = prompts.stream().map(Prompt::ids).toList();
      return new ArrayList<>(
          BatchDriver.run(runner, new Policy(Integer.MAX_VALUE, false), ids, 32));
    }
  }

  private List<LayerCall> layers(CacheDTypes dtypes) {
    ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
    TestPlan plan = TestPlan.empty();
    try (ModelDefinition model = Architectures.discover().open(folder, config)) {
      model.contribute(plan, dtypes);
    }
    return plan.layers();
  }
}
