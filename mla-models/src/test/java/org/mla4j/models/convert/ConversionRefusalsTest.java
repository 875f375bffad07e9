package org.mla4j.models.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.mla4j.models.testing.Refusals.assertModelRefused;
import static org.mla4j.models.testing.Refusals.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.models.TestData;

class ConversionRefusalsTest {
  private static final Path TINY = TestData.golden("qwen2-tiny");

  @TempDir private Path folder;

  static Stream<Arguments> options() {
    return Stream.of(
        of("kvLoraRank = 0; expected 1 or more.", options -> options.kvLoraRank(0)),
        of(
            "kvLoraRank = 65; expected at most 64, which keeps everything.",
            options -> options.kvLoraRank(65)),
        of(
            "qkRopeHeadDim = 7; expected an even number up to head_dim / freqFold = 16.",
            options -> options.qkRopeHeadDim(7)),
        of(
            "qkRopeHeadDim = 10; expected an even number up to head_dim / freqFold = 8.",
            options -> options.qkRopeHeadDim(10).freqFold(2)),
        of("freqFold = 3; expected a divisor of the 8 pairs.", options -> options.freqFold(3)),
        of("energy = 1.5; expected more than 0 and at most 1.", options -> options.energy(1.5)),
        of(
            "energy = NaN; expected more than 0 and at most 1.",
            options -> options.energy(Double.NaN)),
        of("window = 1; expected 2 or more.", options -> options.window(1)),
        of("mostTokens = 1; expected 2 or more.", options -> options.mostTokens(1)),
        of(
            "calibrationText has 1 tokens; expected 2 or more.",
            options -> options.calibrationText("a")));
  }

  private static Arguments of(String message, UnaryOperator<ConversionOptions.Builder> change) {
    return Arguments.of("Conversion option " + message + " [MLA-0401]", change);
  }

  @ParameterizedTest
  @MethodSource("options")
  void anOptionOutOfRange(String message, UnaryOperator<ConversionOptions.Builder> change)
      throws IOException {
    Path target = folder.resolve("target");
    assertRefused(
        message,
        () ->
            LatentConversion.convert(
                TINY, target, change.apply(ConversionOptions.builder()).build()));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count(), "nothing is left behind");
    }
  }

  @Test
  void partsOfANormedHeadThatWouldNotAddUp() {
    Path source = TestData.golden("qwen3-tiny");
    Path target = folder.resolve("target");
    assertRefused(
        "Conversion option qkRopeHeadDim = 48; expected an even number up to head_dim - 2 = 46."
            + " [MLA-0401]",
        () ->
            LatentConversion.convert(
                source, target, ConversionOptions.builder().qkRopeHeadDim(48).build()));
    assertRefused(
        "Conversion option freqFold = 2; expected 1, since each element of a head counts in its"
            + " norm. [MLA-0401]",
        () ->
            LatentConversion.convert(
                source, target, ConversionOptions.builder().freqFold(2).build()));
    assertFalse(Files.exists(target));
  }

  @Test
  void aSourceThatIsNoFolder() throws IOException {
    Path file = Files.createFile(folder.resolve("model.gguf"));
    assertRefused(
        "Source '"
            + file
            + "' is no folder; expected one with a safetensors checkpoint. [MLA-0401]",
        () -> convert(file));
  }

  @Test
  void whatIsLatentAlready() {
    Path config = TestData.golden("deepseek-v3-tiny").resolve("config.json");
    assertModelRefused(
        config
            + ": field 'architectures' is [DeepseekV3ForCausalLM]; expected one of [Qwen2ForCausalLM,"
            + " Qwen3ForCausalLM, LlamaForCausalLM]. [MLA-0206]",
        () -> convert(config.getParent()));
  }

  @Test
  void frequenciesThatAreScaled() throws IOException {
    Path source = Files.createDirectory(folder.resolve("scaled"));
    Path config = source.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(TINY.resolve("config.json"))
            .replace(
                "\"rope_theta\"",
                "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0}, \"rope_theta\""));
    assertModelRefused(
        config
            + ": field 'rope_scaling.rope_type' is \"yarn\"; expected one of default. [MLA-0206]",
        () -> convert(source));
    assertFalse(Files.exists(folder.resolve("target")));
  }

  private void convert(Path source) {
    LatentConversion.convert(source, folder.resolve("target"), ConversionOptions.builder().build());
  }
}
