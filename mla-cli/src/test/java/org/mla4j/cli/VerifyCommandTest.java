package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VerifyCommandTest {
  private static final String TINY = CommandRun.testModel("deepseek-v3-tiny");

  @Test
  void aModelThatComputesLikeTheReferencePasses() {
    Outcome outcome = CommandRun.run("verify", "--model", TINY);
    assertEquals(ExitStatus.OK, outcome.status(), outcome.out());
    assertEquals("", outcome.err());
    assertTrue(
        outcome
            .out()
            .endsWith(
                "\n\nPASS: deepseek-v3-tiny: 66 of 66 tensors within the bound, 12 of 12 continuations equal\n"),
        outcome.out());
  }

  @Test
  void aBoundThatNoFloatKeepsFails() {
    Outcome outcome = CommandRun.run("verify", "--model", TINY, "--tolerance", "1e-12");
    assertEquals(ExitStatus.FAILED, outcome.status());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("\n\nFAIL: deepseek-v3-tiny: "), outcome.out());
  }

  @Test
  void jsonHasTheVerdict() {
    Outcome outcome = CommandRun.run("verify", "--json", "--model", TINY, "--tolerance", "1e-12");
    assertEquals(ExitStatus.FAILED, outcome.status());
    JsonNode report = JsonMapper.shared().readTree(outcome.out());
    assertEquals(false, report.get("passed").asBoolean());
    assertEquals(1e-12, report.get("tolerance").asDouble());
    assertEquals(true, report.get("greedy").get(0).get("passed").asBoolean());
  }

  @Test
  void aModelWithoutRecordedOutputsIsRefused() {
    Path demo = Path.of(System.getProperty("mla.repository", ".."), "demo-model");
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Nothing to verify against in '"
                + demo
                + "': expected golden.json and golden.bin beside the checkpoint. [MLA-0204]\n"),
        CommandRun.run("verify"));
  }
}
