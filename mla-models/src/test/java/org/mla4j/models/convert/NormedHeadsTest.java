package org.mla4j.models.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.SafetensorsWriter;
import org.mla4j.models.checkpoint.SafetensorsWriter.Announced;

/** Qwen3 norms every head: what is converted keeps the norms and decodes decompressed. */
class NormedHeadsTest {
  private static final Path SOURCE = TestData.golden("qwen3-tiny");
  private static final int SHARED_PAIRS = 6;

  @TempDir private Path folder;

  private static String text() throws IOException {
    String text = Files.readString(TestData.repository().resolve("testdata/golden/README.md"));
    return text.substring(0, 2000);
  }

  /**
   * A Qwen3 whose two key heads have the same first pairs, and whose other pairs stand still: one
   * rotary key is enough.
   */
  private Path sharing() throws IOException {
    Path target = Files.createDirectory(folder.resolve("sharing"));
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(SOURCE.resolve(file), target.resolve(file));
    }
    // 24 pairs of 48 elements: from the seventh on they turn by less than 1e-7 in all.
    Files.writeString(
        target.resolve("config.json"),
        Files.readString(SOURCE.resolve("config.json"))
            .replaceFirst("\"rope_theta\": [0-9.e+]+", "\"rope_theta\": 1e48"));
    try (Checkpoint checkpoint = Checkpoint.open(SOURCE)) {
      List<WeightHandle> weights = new ArrayList<>();
      checkpoint.names().forEach(name -> weights.add(checkpoint.require(name)));
      List<Announced> announced =
          weights.stream()
              .map(weight -> new Announced(weight.name(), DType.F32, weight.shape()))
              .toList();
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(target.resolve("model.safetensors"), announced)) {
        for (WeightHandle weight : weights) {
          if (weight.name().endsWith("k_proj.weight")) {
            writer.write(weight.name(), weight.shape(), shared(weight));
          } else {
            writer.write(weight);
          }
        }
        writer.finish();
      }
    }
    return target;
  }

  private static float[] shared(WeightHandle keys) {
    float[] values = LayerWeights.floats(keys);
    int width = Math.toIntExact(keys.shape().extent(1));
    for (int pair = 0; pair < SHARED_PAIRS; pair++) {
      for (int element : new int[] {pair, pair + 24}) {
        System.arraycopy(values, element * width, values, (48 + element) * width, width);
      }
    }
    return values;
  }

  @Test
  @DisplayName("heads that share their turning pairs convert exactly, norms included")
  void exactly() throws IOException {
    ConversionReport report =
        LatentConversion.convert(
            sharing(),
            folder.resolve("exact"),
            ConversionOptions.builder()
                .qkRopeHeadDim(2 * SHARED_PAIRS)
                .kvLoraRank(2 * 36 + 2 * 48)
                .evaluationText(text())
                .build());
    assertTrue(report.exact(), report.toString());
    assertFalse(report.absorbs());
    assertEquals(36, report.qkNopeHeadDim());
    ModelChange change = report.change().orElseThrow();
    assertTrue(change.largestDifference() < 1e-4, change.toString());
  }

  @Test
  @DisplayName("the plan says why the result does not absorb")
  void saysWhyItDoesNotAbsorb() throws IOException {
    Path target = folder.resolve("fitted");
    ConversionReport report =
        LatentConversion.convert(
            SOURCE, target, ConversionOptions.builder().calibrationText(text()).build());
    assertFalse(report.exact());
    assertFalse(report.absorbs());
    assertEquals(48, report.qkNopeHeadDim() + report.qkRopeHeadDim());
    assertTrue(report.change().orElseThrow().meanCosine() > 0.5, report.toString());
    try (LanguageModel converted = LanguageModel.open(target);
        StepRunner runner =
            StepRunner.build(converted.definition(), EngineOptions.builder().build())) {
      assertTrue(
          runner.explain().entries().stream()
              .anyMatch(entry ->
                  entry
                      .kernel()
                      .contains(
                          "not absorbed: a norm of key heads stands between latent and score")),
          runner.explain().toString());
    }
  }
}
