package org.mla4j.models.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.GgufExport;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.BatchDriver;
import org.mla4j.models.testing.BatchDriver.Answer;
import org.mla4j.models.testing.BatchDriver.Policy;
import org.mla4j.models.testing.GoldenPrompts;
import org.mla4j.models.testing.GoldenPrompts.Prompt;

/** A model in a GGUF file computes what it computes from its folder. */
class GgufLogitsTest {
  private static final int MORE = 8;
  private static final int LONGEST = 140;
  private static final double TOLERANCE = 1e-4;

  @TempDir Path folder;

  @ParameterizedTest(name = "{0} as {1}, latent split {2}")
  @CsvSource({
    "deepseek-v2-lite-tiny, F32, true",
    "deepseek-v2-lite-tiny, BF16, true",
    "deepseek-v2-lite-tiny, BF16, false",
    "deepseek-v2-tiny, F32, true",
    "deepseek-v2-tiny, BF16, false",
    "deepseek-v3-tiny, F32, true",
    "deepseek-v3-tiny, BF16, true",
    "deepseek-v3-tiny, F32, false",
    "deepseek-v3-wide-tiny, F32, false",
    "deepseek-v3-wide-tiny, BF16, true",
    "kimi-k2-tiny, F32, true",
    "kimi-k2-tiny, BF16, true",
    "glm4-moe-lite-tiny, F32, true",
    "glm4-moe-lite-tiny, BF16, false",
    "minicpm3-tiny, F32, true",
    "minicpm3-tiny, BF16, false",
    "qwen2-tiny, F32, false",
    "qwen2-tiny, BF16, false",
    "qwen2-mla-src-tiny, F32, false",
    "qwen3-tiny, F32, false",
    "qwen3-tiny, BF16, false"
  })
  void isExactlyTheFoldersModel(String golden, DType type, boolean splitLatent) {
    Path file = folder.resolve("model.gguf");
    GgufExport.of(TestData.golden(golden)).type(type).splitLatent(splitLatent).build().write(file);
    assertSameBits(answersInPlace(TestData.golden(golden), golden), answersInPlace(file, golden));
  }

  @ParameterizedTest(name = "{0} as {1}")
  @CsvSource({
    "deepseek-v2-lite-tiny, Q8_0",
    "deepseek-v2-tiny, Q8_0",
    "deepseek-v3-tiny, Q8_0",
    "deepseek-v3-tiny, Q4_0",
    "deepseek-v3-wide-tiny, Q8_0",
    "deepseek-v3-wide-tiny, Q4_0",
    "kimi-k2-tiny, Q8_0",
    "glm4-moe-lite-tiny, Q8_0",
    "minicpm3-tiny, Q8_0",
    "qwen2-tiny, Q8_0",
    "qwen2-tiny, Q4_0",
    "qwen3-tiny, Q8_0"
  })
  void blocksComputeAsTheirValues(String golden, DType type) {
    Path blocks = folder.resolve("blocks.gguf");
    Path values = folder.resolve("values.gguf");
    GgufExport.of(TestData.golden(golden)).type(type).build().write(blocks);
    GgufExport.of(blocks).type(DType.F32).build().write(values);
    assertClose(answers(values, golden), answers(blocks, golden));
  }

  @Test
  void aFp8CheckpointIsWrittenWithItsScalesApplied() {
    Path file = folder.resolve("model.gguf");
    GgufExport.of(TestData.golden("deepseek-v3-tiny-fp8")).type(DType.F32).build().write(file);
    assertSameBits(
        answersInPlace(TestData.golden("deepseek-v3-tiny-fp8"), "deepseek-v3-tiny-fp8"),
        answersInPlace(file, "deepseek-v3-tiny-fp8"));
  }

  private static List<Answer> answers(Path model, String golden) {
    return answers(model, golden, EngineOptions.builder());
  }

  /** Read in place all types are added up alike; packed, each has an order of its own. */
  private static List<Answer> answersInPlace(Path model, String golden) {
    return answers(model, golden, EngineOptions.builder().backendOption("cpu:repack", "off"));
  }

  private static List<Answer> answers(Path model, String golden, EngineOptions.Builder builder) {
    List<int[]> prompts = GoldenPrompts.of(golden).stream().map(Prompt::ids).toList();
    EngineOptions options =
        builder
            .threads(2)
            .maxSequences(prompts.size())
            .maxSequenceLength(LONGEST)
            .maxTokensPerStep(prompts.size() * LONGEST)
            .cacheTokens(2 * prompts.size() * LONGEST)
            .allLogits(true)
            .build();
    try (ModelDefinition definition = Architectures.discover().open(model, ModelConfig.of(model));
        StepRunner runner = StepRunner.build(definition, options)) {
      return BatchDriver.run(runner, new Policy(Integer.MAX_VALUE, false), prompts, MORE);
    }
  }

  private static void assertClose(List<Answer> expected, List<Answer> found) {
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).drawn(), found.get(i).drawn());
      for (int row = 0; row < expected.get(i).logits().size(); row++) {
        float[] logits = expected.get(i).logits().get(row);
        for (int id = 0; id < logits.length; id++) {
          largest = Math.max(largest, Math.abs(logits[id]));
          worst = Math.max(worst, Math.abs(logits[id] - found.get(i).logits().get(row)[id]));
        }
      }
    }
    assertTrue(largest > 0);
    assertTrue(worst <= TOLERANCE * largest, "error " + worst / largest + " of the largest");
  }

  private static void assertSameBits(List<Answer> expected, List<Answer> found) {
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).drawn(), found.get(i).drawn());
      List<float[]> rows = expected.get(i).logits();
      assertEquals(rows.size(), found.get(i).logits().size());
      for (int row = 0; row < rows.size(); row++) {
        assertArrayEquals(rows.get(row), found.get(i).logits().get(row), "row " + row);
      }
    }
  }
}
