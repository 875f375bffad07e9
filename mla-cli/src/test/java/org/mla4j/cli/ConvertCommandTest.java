package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConvertCommandTest {
  private static final String EXACT = CommandRun.testModel("qwen2-mla-src-tiny");
  private static final String TINY = CommandRun.testModel("qwen2-tiny");

  @TempDir private Path folder;

  private Path text() throws IOException {
    Path text = folder.resolve("text.txt");
    return Files.writeString(text, "A shared key turns with the position. ".repeat(40));
  }

  @Test
  void anExactConversionSaysSoAndTheResultRuns() throws IOException {
    Path target = folder.resolve("latent");
    Outcome outcome =
        CommandRun.run(
            "convert",
            "--model",
            EXACT,
            "--output",
            target.toString(),
            "--evaluation",
            text().toString());
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    String out = outcome.out();
    assertTrue(
        out.startsWith(
            """
            layer  rope kept  latent kept
            0      100.00 %   100.00 %     ##############################
            """),
        out);
    assertTrue(
        out.contains(
            "\n\nqwen2-mla-src-tiny (Qwen2ForCausalLM) -> "
                + target
                + ": kv_lora_rank 80, qk_rope_head_dim 12, qk_nope_head_dim 20, exact\n"
                + "cache of a token: 768 -> 552 bytes in BF16 (71.88 %)\nlogits of "),
        out);
    assertEquals(
        ExitStatus.OK,
        CommandRun.run("generate", "--model", target.toString(), "--max-tokens", "4", "A")
            .status());
  }

  @Test
  void jsonHasTheNumbers() throws IOException {
    Outcome outcome =
        CommandRun.run(
            "convert",
            "--json",
            "--model",
            TINY,
            "--output",
            folder.resolve("latent").toString(),
            "--kv-lora-rank",
            "40",
            "--qk-rope-head-dim",
            "8",
            "--calibration",
            text().toString(),
            "--type",
            "f32");
    JsonNode report = JsonMapper.shared().readTree(outcome.out());
    assertEquals(40, report.get("kvLoraRank").asInt());
    assertEquals(48, report.get("cacheRowAfter").asInt());
    assertEquals(3, report.get("layers").size());
    assertFalse(report.get("layers").get(0).get("exact").asBoolean());
    assertTrue(report.get("change").get("meanCosine").asDouble() > 0.5, outcome.out());
    assertTrue(report.get("calibrationTokens").asInt() > 100, outcome.out());
  }

  @Test
  void aTargetThatExistsIsLeftAlone() {
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Target '"
                + folder
                + "' exists; expected a folder that is yet to be made. [MLA-0401]\n"),
        CommandRun.run("convert", "--model", TINY, "--output", folder.toString()));
  }

  @Test
  void aTextThatIsNotThereIsRefused() {
    Path missing = folder.resolve("missing.txt");
    Outcome outcome =
        CommandRun.run(
            "convert",
            "--model",
            TINY,
            "--output",
            folder.resolve("latent").toString(),
            "--calibration",
            missing.toString());
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertEquals(
        "mla: Option --calibration: text '"
            + missing
            + "' cannot be read: java.nio.file.NoSuchFileException: "
            + missing
            + ". [MLA-0401]\n",
        outcome.err());
    assertFalse(Files.exists(folder.resolve("latent")));
  }
}
