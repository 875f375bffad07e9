package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.cli.CommandRun.Outcome;
import org.mla4j.models.checkpoint.Checkpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class QuantizeCommandTest {
  private static final String TINY = CommandRun.testModel("deepseek-v3-tiny");

  @TempDir Path folder;
  private String file = "";

  @BeforeEach
  void name() {
    file = folder.resolve("model.gguf").toString();
  }

  @Test
  void writesAFolderAndSaysWhatIsNotAsAskedFor() {
    Outcome outcome = quantize("--model", TINY, "--type", "q8_0");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    String[] lines = outcome.out().split("\n");
    assertTrue(
        lines[0].matches("Wrote 52 tensors, matrices as Q8_0, \\d+ bytes: .*model\\.gguf"),
        lines[0]);
    // Experts are 40 wide inside, and the layer for prediction has no place.
    assertEquals("Kept as BF16, rows no multiple of 32 (4):", lines[1]);
    assertEquals("  blk.1.ffn_down_exps.weight", lines[2]);
    assertTrue(outcome.out().contains("\n  model.layers.3.eh_proj.weight\n"), outcome.out());
    try (Checkpoint written = Checkpoint.open(Path.of(file))) {
      assertTrue(written.names().contains("model.layers.2.mlp.experts.15.up_proj.weight"));
    }
  }

  @Test
  void writesAGgufFileAnew() {
    quantize("--model", TINY, "--type", "bf16");
    String again = folder.resolve("again.gguf").toString();
    Outcome outcome =
        CommandRun.run("quantize", "--json", "--model", file, "--type", "q4_0", "--output", again);
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    JsonNode summary = JsonMapper.shared().readTree(outcome.out());
    assertEquals(again, summary.get("file").asString());
    assertEquals("Q4_0", summary.get("type").asString());
    assertEquals(Path.of(again).toFile().length(), summary.get("bytes").asLong());
    assertEquals(52, summary.get("tensors").asInt());
    assertEquals(0, summary.get("leftOut").size());
  }

  @Test
  void replacesAFileOnlyWhenForced() throws IOException {
    byte[] before = {1, 2, 3};
    Files.write(Path.of(file), before);
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Option --output = '"
                + file
                + "', which exists; expected a file that does not, or --force to replace it."
                + " [MLA-0401]\n"),
        quantize("--model", TINY, "--type", "f16"));
    assertArrayEquals(before, Files.readAllBytes(Path.of(file)));
    assertEquals(ExitStatus.OK, quantize("--model", TINY, "--type", "f16", "--force").status());
    assertTrue(Files.size(Path.of(file)) > 1000);
    assertEquals(List.of("model.gguf"), List.of(folder.toFile().list()));
  }

  @Test
  void leavesNothingBehindOfWhatFails() {
    Outcome outcome = quantize("--model", CommandRun.testModel("ops"), "--type", "f32");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertEquals(0, folder.toFile().list().length);
  }

  @Test
  void whatTheArchitectureRefusesIsNotWrittenEither() throws IOException {
    Path edited = Files.createDirectory(folder.resolve("edited"));
    try (Stream<Path> files = Files.list(Path.of(CommandRun.testModel("qwen2-tiny")))) {
      for (Path each : files.toList()) {
        Files.copy(each, edited.resolve(each.getFileName()));
      }
    }
    Path config = edited.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "\"rope_theta\"",
                "\"layer_types\": [\"full_attention\", \"sliding_attention\","
                    + " \"full_attention\"], \"rope_theta\""));
    Outcome outcome = quantize("--model", edited.toString(), "--type", "bf16");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertTrue(outcome.err().contains("layer_types"), outcome.err());
    assertFalse(Files.exists(Path.of(file)));
  }

  @Test
  void namesTheTypesThereAre() {
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Option --type = 'q4_k'; expected 'q8_0' or 'q4_0' or 'bf16' or 'f16' or 'f32'."
                + " [MLA-0401]\n"),
        quantize("--model", TINY, "--type", "q4_k"));
  }

  private Outcome quantize(String... options) {
    String[] all = new String[options.length + 3];
    all[0] = "quantize";
    System.arraycopy(options, 0, all, 1, options.length);
    all[options.length + 1] = "--output";
    all[options.length + 2] = file;
    return CommandRun.run(all);
  }
}
