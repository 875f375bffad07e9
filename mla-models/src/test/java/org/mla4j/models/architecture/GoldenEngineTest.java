package org.mla4j.models.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.core.engine.Engine;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationRequest;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.GoldenPrompts;
import org.mla4j.models.testing.GoldenPrompts.Prompt;

/** The engine draws the reference's tokens, whatever its scheduler makes of several prompts. */
class GoldenEngineTest {
  private static final int[] CHUNKS = {1, 7, 16};
  private static final int[] BLOCK_SIZES = {16, 64, 128};

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
  void drawsTheTokensOfTheReference(String golden) {
    List<Prompt> prompts = GoldenPrompts.of(golden);
    ModelConfig config = ModelConfig.read(TestData.golden(golden).resolve("config.json"));
    try (ModelDefinition model = Architectures.discover().open(TestData.golden(golden), config)) {
      for (int i = 0; i < CHUNKS.length; i++) {
        for (boolean deterministic : List.of(true, false)) {
          EngineOptions options = options(CHUNKS[i], BLOCK_SIZES[i], 1 + i % 2, deterministic);
          try (Engine engine = Engine.open(model, options)) {
            List<Generation> together = new ArrayList<>();
            prompts.forEach(prompt -> together.add(engine.generate(request(prompt))));
            for (int p = 0; p < prompts.size(); p++) {
              assertEquals(
                  prompts.get(p).greedy(),
                  together.get(p).result().tokens(),
                  prompts.get(p).name() + " of " + options);
            }
          }
        }
      }
    }
  }

  /** A threshold that sends pieces of 7 and 16 tokens through context passes of a few tokens. */
  private static EngineOptions options(
      int chunk, int blockSize, int threads, boolean deterministic) {
    return EngineOptions.builder()
        .deterministic(deterministic)
        .threads(threads)
        .promptChunk(chunk)
        .blockSize(blockSize)
        .decodeThreshold(4)
        .contextTokens(24)
        .maxTokensPerStep(48)
        .maxSequenceLength(162)
        .cacheTokens(4 * (162 + blockSize))
        .build();
  }

  private static GenerationRequest request(Prompt prompt) {
    return GenerationRequest.builder(prompt.ids()).maxTokens(prompt.greedy().size()).build();
  }
}
