package org.mla4j.models.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.ModelConfig;

class LatentConversionTest {
  private static final int WINDOW = 128;

  @TempDir private Path folder;

  /** Two halves of a text: one to fit to, one to measure on. */
  private static String text(int half) throws IOException {
    String text = Files.readString(TestData.repository().resolve("testdata/golden/README.md"));
    int middle = text.length() / 2;
    return half == 0 ? text.substring(0, middle) : text.substring(middle);
  }

  @Test
  @DisplayName("keys and values of low rank convert exactly, from the weights alone")
  void exactly() throws IOException {
    Path target = folder.resolve("exact");
    ConversionReport report =
        LatentConversion.convert(
            TestData.golden("qwen2-mla-src-tiny"),
            target,
            ConversionOptions.builder().evaluationText(text(1)).build());
    ModelConfig known =
        ModelConfig.read(TestData.golden("qwen2-mla-exact-tiny").resolve("config.json"));
    assertTrue(report.exact(), report.toString());
    assertEquals(known.intField("kv_lora_rank"), report.kvLoraRank());
    assertEquals(known.intField("qk_rope_head_dim"), report.qkRopeHeadDim());
    assertEquals(known.intField("qk_nope_head_dim"), report.qkNopeHeadDim());
    assertEquals(known.doubleField("rope_theta"), report.ropeTheta(), 1e-3);
    assertEquals(128, report.cacheRowBefore());
    assertEquals(92, report.cacheRowAfter());
    assertEquals(3 * 128 * 4, report.cacheBytesBefore(4));
    assertEquals(3 * 92 * 2, report.cacheBytesAfter(2));
    assertEquals(0, report.calibrationTokens());
    ModelChange change = report.change().orElseThrow();
    assertTrue(change.tokens() > 1000, change.toString());
    assertTrue(change.largestDifference() < 1e-4, change.toString());
    assertEquals(1, change.meanCosine(), 1e-6);
    assertEquals(change.perplexityBefore(), change.perplexityAfter(), 0.1);
    assertEquals(
        List.of(
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json"),
        names(target));
  }

  @Test
  @DisplayName("a calibrated latent is closer to the source than TransMLA's of the same ranks")
  void closer() throws IOException {
    Path source = TestData.golden("qwen2-tiny");
    ConversionReport report =
        LatentConversion.convert(
            source,
            folder.resolve("low"),
            ConversionOptions.builder()
                .kvLoraRank(40)
                .qkRopeHeadDim(8)
                .window(WINDOW)
                .calibrationText(text(0))
                .evaluationText(text(1))
                .build());
    assertFalse(report.exact());
    assertTrue(report.calibrationTokens() > 1000);
    assertEquals(48, report.cacheRowAfter());
    ModelChange own = report.change().orElseThrow();
    ModelChange theirs;
    try (LanguageModel before = LanguageModel.open(source);
        LanguageModel after = LanguageModel.open(TestData.golden("qwen2-mla-lowrank-tiny"))) {
      int[][] windows = Windows.of(before.tokenizer().encode(text(1), false), WINDOW);
      theirs =
          ModelComparison.of(
              before.definition(), after.definition(), windows, EngineOptions.builder().build());
    }
    String both = own + " and " + theirs;
    assertEquals(theirs.tokens(), own.tokens(), both);
    assertEquals(theirs.perplexityBefore(), own.perplexityBefore(), 1e-6, both);
    assertTrue(own.meanCosine() > theirs.meanCosine(), both);
    assertTrue(surprise(own) < surprise(theirs), both);
  }

  @Test
  @DisplayName("a latent as wide as keys and values keeps all but the turns of what left the rope")
  void wholeRank() throws IOException {
    ConversionReport report =
        LatentConversion.convert(
            TestData.golden("qwen2-tiny"),
            folder.resolve("whole"),
            ConversionOptions.builder()
                .kvLoraRank(64)
                .dtype(DType.F32)
                .calibrationText(text(0))
                .mostTokens(512)
                .build());
    report
        .layers()
        .forEach(layer -> {
          assertEquals(1, layer.latentEnergy(), 1e-9);
          assertTrue(layer.ropeEnergy() > 0.4 && layer.ropeEnergy() < 0.999, layer.toString());
          assertFalse(layer.exact());
        });
    assertEquals(512, report.calibrationTokens());
    assertEquals(512, report.change().orElseThrow().tokens());
  }

  /** How far perplexity moved, up or down. */
  private static double surprise(ModelChange change) {
    return Math.abs(Math.log(change.perplexityAfter() / change.perplexityBefore()));
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
