package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InspectCommandTest {
  private static final String WIDE = CommandRun.testModel("deepseek-v3-wide-tiny");

  @Test
  void tablesForPeople() {
    Outcome outcome = CommandRun.run("inspect", "--model", WIDE, "--max-sequence-length", "512");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    String out = outcome.out();
    assertTrue(
        out.startsWith(
            "model                  deepseek-v3-wide-tiny\n"
                + "architecture           DeepseekV3ForCausalLM\n"
                + "parameters             4,411,912\n"),
        out);
    assertTrue(
        out.contains(
            """
            cache       of a token
            F32         4608 bytes
            BF16        2304 bytes
            F16         2304 bytes
            F8_E4M3     1152 bytes
            FP8_DS_MLA  1312 bytes
            2 layers absorb, cache rows of 576 elements
            """),
        out);
    assertTrue(
        out.contains("memory                1 x 512 tokens, F32 cache\n")
            && out.contains("cache                 2.3 MiB\n"),
        out);
  }

  @Test
  void jsonForPrograms() {
    Outcome outcome = CommandRun.run("inspect", "--json", "--model", WIDE, "--sequences", "3");
    JsonNode facts = JsonMapper.shared().readTree(outcome.out());
    assertEquals(4411912, facts.get("parameters").asLong());
    assertEquals(1312, facts.get("cacheBytesPerToken").get("FP8_DS_MLA").asLong());
    assertEquals(3, facts.get("memory").get("sequences").asInt());
    assertTrue(facts.get("layers").get(0).get("absorbs").asBoolean());
  }
}
