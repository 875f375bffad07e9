package org.mla4j.models.architecture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.BatchDriver;
import org.mla4j.models.testing.BatchDriver.Answer;
import org.mla4j.models.testing.BatchDriver.Policy;
import org.mla4j.models.testing.GoldenPrompts;
import org.mla4j.models.testing.GoldenPrompts.Prompt;

/**
 * Alone or in one batch, a prompt whole or in pieces, blocks small or large, on one thread or two:
 * with everything in the absorbed form, as deterministic mode has it, the same bits; in default
 * mode, the reference's logits and its tokens.
 */
class GoldenBatchTest {
  private static final List<Integer> CHUNKS = List.of(1, 7, 16, Integer.MAX_VALUE);
  private static final List<Integer> BLOCK_SIZES = List.of(16, 64, 128);
  private static final int LONGEST = 162;
  private static final int FEW = 4;
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v2-lite-tiny",
        "deepseek-v2-tiny",
        "deepseek-v3-tiny",
        "deepseek-v3-tiny-fp8",
        "deepseek-v3-wide-tiny",
        "kimi-k2-tiny",
        "glm4-moe-lite-tiny",
        "minicpm3-tiny",
        "qwen2-tiny",
        "qwen3-tiny",
        "qwen2-mla-src-tiny",
        "qwen2-mla-exact-tiny",
        "qwen2-mla-lowrank-tiny"
      })
  void neitherCompanyNorPiecesNorBlocksNorThreadsMatter(String golden) {
    List<Prompt> prompts = GoldenPrompts.of(golden);
    ModelConfig config = ModelConfig.read(TestData.golden(golden).resolve("config.json"));
    try (ModelDefinition model = Architectures.discover().open(TestData.golden(golden), config)) {
      List<Answer> expected = null;
      for (int threads = 1; threads <= 2; threads++) {
        for (int blockSize : BLOCK_SIZES) {
          try (StepRunner fixed = StepRunner.build(model, options(threads, blockSize, true));
              StepRunner runner = StepRunner.build(model, options(threads, blockSize, false))) {
            for (int chunk : CHUNKS) {
              String where = "chunk " + chunk + ", blocks of " + blockSize + ", threads " + threads;
              Policy oneForm = new Policy(chunk, true);
              List<Answer> together = run(fixed, oneForm, prompts);
              if (expected == null) {
                expected = together;
              }
              assertSameBits(expected, together, "together, " + where);
              assertSameBits(expected, alone(fixed, oneForm, prompts), "alone, " + where);
              Policy bothForms = new Policy(chunk, false);
              assertReference(prompts, run(runner, bothForms, prompts), "together, " + where);
              assertReference(prompts, alone(runner, bothForms, prompts), "alone, " + where);
            }
          }
        }
      }
    }
  }

  private static EngineOptions options(int threads, int blockSize, boolean deterministic) {
    return EngineOptions.builder()
        .deterministic(deterministic)
        .threads(threads)
        .blockSize(blockSize)
        .maxSequences(4)
        .maxSequenceLength(LONGEST)
        .maxTokensPerStep(4 * LONGEST)
        .cacheTokens(4 * (LONGEST + blockSize))
        .contextTokens(40)
        .allLogits(true)
        .build();
  }

  private static List<Answer> run(StepRunner runner, Policy policy, List<Prompt> prompts) {
    List<int[]> ids = prompts.stream().map(Prompt::ids).toList();
    // In one form drawn tokens are computed as those of a prompt are: a few of them will do.
    int more = policy.decodeAll() ? FEW : prompts.getFirst().greedy().size();
    return BatchDriver.run(runner, policy, ids, more);
  }

  private static List<Answer> alone(StepRunner runner, Policy policy, List<Prompt> prompts) {
    List<Answer> answers = new ArrayList<>();
    for (Prompt prompt : prompts) {
      answers.addAll(run(runner, policy, List.of(prompt)));
    }
    return answers;
  }

  private static void assertSameBits(List<Answer> expected, List<Answer> found, String where) {
    for (int i = 0; i < expected.size(); i++) {
      List<float[]> rows = expected.get(i).logits();
      assertEquals(rows.size(), found.get(i).logits().size(), where);
      for (int row = 0; row < rows.size(); row++) {
        assertArrayEquals(rows.get(row), found.get(i).logits().get(row), where + ", row " + row);
      }
      assertEquals(expected.get(i).drawn(), found.get(i).drawn(), where);
    }
  }

  private static void assertReference(List<Prompt> prompts, List<Answer> answers, String where) {
    for (int i = 0; i < prompts.size(); i++) {
      Prompt prompt = prompts.get(i);
      String what = prompt.name() + " " + where;
      assertEquals(prompt.greedy(), answers.get(i).drawn(), what);
      int first = prompt.ids().length - prompt.logits().size();
      assertClose(
          prompt.logits(), answers.get(i).logits().subList(first, prompt.ids().length), what);
    }
  }

  private static void assertClose(List<float[]> expected, List<float[]> found, String what) {
    double largest = 0;
    double worst = 0;
    for (int row = 0; row < expected.size(); row++) {
      for (int i = 0; i < expected.get(row).length; i++) {
        largest = Math.max(largest, Math.abs(expected.get(row)[i]));
        worst = Math.max(worst, Math.abs(expected.get(row)[i] - found.get(row)[i]));
        assertTrue(Float.isFinite(found.get(row)[i]), what);
      }
    }
    assertTrue(
        worst <= TOLERANCE * largest, what + ": error " + worst / largest + " of the largest");
  }
}
