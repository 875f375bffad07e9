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
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.SafetensorsWriter;
import org.mla4j.models.checkpoint.SafetensorsWriter.Announced;

/** A Llama is a Qwen2 without biases. */
class LlamaTest {
  private static final Path SOURCE = TestData.golden("qwen2-mla-src-tiny");

  @TempDir private Path folder;

  /** The source with biases of zero, or as a Llama, without any. */
  private Path unbiased(String name, boolean llama) throws IOException {
    Path target = Files.createDirectory(folder.resolve(name));
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(SOURCE.resolve(file), target.resolve(file));
    }
    String config = Files.readString(SOURCE.resolve("config.json"));
    Files.writeString(
        target.resolve("config.json"),
        llama ? config.replace("Qwen2ForCausalLM", "LlamaForCausalLM") : config);
    try (Checkpoint checkpoint = Checkpoint.open(SOURCE)) {
      List<WeightHandle> weights = new ArrayList<>();
      for (String tensor : checkpoint.names()) {
        if (!llama || !tensor.endsWith(".bias")) {
          weights.add(checkpoint.require(tensor));
        }
      }
      List<Announced> announced =
          weights.stream()
              .map(weight -> new Announced(weight.name(), weight.dtype(), weight.shape()))
              .toList();
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(target.resolve("model.safetensors"), announced)) {
        for (WeightHandle weight : weights) {
          if (weight.name().endsWith(".bias")) {
            int zeros = Math.toIntExact(weight.shape().elements());
            writer.write(weight.name(), weight.shape(), new float[zeros]);
          } else {
            writer.write(weight);
          }
        }
        writer.finish();
      }
    }
    return target;
  }

  @Test
  @DisplayName("computes the bits of a Qwen2 whose biases are zero")
  void computesWhatQwen2ComputesWithoutBiases() throws IOException {
    try (LanguageModel llama = LanguageModel.open(unbiased("llama", true));
        LanguageModel qwen = LanguageModel.open(unbiased("qwen", false))) {
      assertEquals("LlamaForCausalLM", llama.definition().architecture());
      int[][] windows = {llama.tokenizer().encode("A shared key turns with the position.", true)};
      ModelChange change =
          ModelComparison.of(
              qwen.definition(), llama.definition(), windows, EngineOptions.builder().build());
      assertEquals(0, change.largestDifference());
      assertEquals(windows[0].length, change.tokens());
    }
  }

  @Test
  @DisplayName("converts exactly, and the result has no biases either")
  void convertsWithoutBiases() throws IOException {
    Path target = folder.resolve("latent");
    ConversionReport report =
        LatentConversion.convert(
            unbiased("llama", true),
            target,
            ConversionOptions.builder().evaluationText("A shared key turns.").build());
    assertTrue(report.exact(), report.toString());
    assertTrue(report.change().orElseThrow().largestDifference() < 1e-4, report.toString());
    try (Checkpoint checkpoint = Checkpoint.open(target)) {
      assertFalse(checkpoint.names().stream().anyMatch(name -> name.endsWith(".bias")));
    }
  }
}
