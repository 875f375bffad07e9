package org.mla4j.models.architecture.deepseek;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.spec.CacheType;
import org.mla4j.core.engine.Engine;
import org.mla4j.core.engine.GenerationRequest;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.verify.GoldenVerifier;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

@DisplayName("A model with caches of fp8_ds_mla rows")
class DsMlaCacheTest {
  private static final Path WIDE = TestData.golden("deepseek-v3-wide-tiny");

  /**
   * A code has 4 significant bits where BF16 has 8, so a latent is off by 16 times as much. Errors
   * of logits grow alike, as long as no expert is chosen otherwise; twice that is for the maximum
   * of few numbers being a matter of chance.
   */
  private static final double MOST_TIMES_BF16 = 2 * 16;

  private static ModelDefinition open(Path folder) {
    return Architectures.discover().open(folder, ModelConfig.read(folder.resolve("config.json")));
  }

  /** Errors of logits against the reference, which an F32 cache meets to the sixth digit. */
  private static Map<String, Double> errors(CacheType type) {
    EngineOptions options = EngineOptions.builder().threads(2).cacheType(type).build();
    Map<String, Double> errors = new TreeMap<>();
    try (ModelDefinition model = open(WIDE)) {
      for (TensorCheck check : GoldenVerifier.verify(model, WIDE, options, 1).tensors()) {
        if (check.tensor().startsWith("logits")) {
          errors.put(check.form() + " " + check.tensor(), check.error());
        }
      }
    }
    return errors;
  }

  @Test
  void hasLogitsNearThoseOfExactCaches() {
    Map<String, Double> exact = errors(CacheType.F32);
    Map<String, Double> bf16 = errors(CacheType.BF16);
    Map<String, Double> rows = errors(CacheType.FP8_DS_MLA);
    assertEquals(12, rows.size());
    rows.forEach((logits, error) -> {
      double bound = Math.max(exact.get(logits), MOST_TIMES_BF16 * bf16.get(logits));
      assertTrue(error <= bound, () -> logits + ": " + error + " of " + bound);
      if (logits.startsWith(Form.DECODE.name())) {
        assertTrue(error > bf16.get(logits), () -> logits + " were read from other rows");
      }
    });
  }

  @Test
  void answers() {
    EngineOptions options =
        EngineOptions.builder()
            .threads(2)
            .cacheType(CacheType.FP8_DS_MLA)
            .promptChunk(7)
            .decodeThreshold(4)
            .maxSequenceLength(64)
            .cacheTokens(128)
            .build();
    int[] prompt = {5, 17, 3, 9, 250, 40, 41, 42, 43, 44, 45, 46, 47};
    try (ModelDefinition model = open(WIDE);
        Engine engine = Engine.open(model, options)) {
      var result = engine.generate(GenerationRequest.builder(prompt).maxTokens(9).build()).result();
      assertEquals(9, result.tokens().size());
    }
  }

  @Test
  void isRefusedWhereTheRowsDoNotFit() {
    EngineOptions options = EngineOptions.builder().cacheType(CacheType.FP8_DS_MLA).build();
    try (ModelDefinition model = open(TestData.golden("deepseek-v3-tiny"))) {
      InvalidInputException refused =
          assertThrows(InvalidInputException.class, () -> Engine.open(model, options).close());
      assertEquals(
          "MlaSpec: cacheFormat = FP8_DS_MLA with kvLoraRank = 64 and qkRopeHeadDim = 16; expected"
              + " 512 and 64. [MLA-0301]",
          refused.getMessage());
    }
  }
}
