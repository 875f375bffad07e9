package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the command says about itself and where it runs. */
class InformationTest {
  @Test
  void helpNamesEveryCommand() {
    Outcome outcome = CommandRun.run("--help");
    assertEquals(ExitStatus.OK, outcome.status());
    assertEquals("", outcome.err());
    for (String command :
        List.of("chat", "generate", "info", "explain", "verify", "eval", "bench")) {
      assertTrue(outcome.out().contains("\n  " + command + " "), outcome.out());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chat", "generate", "explain", "verify", "eval", "bench"})
  void commandsThatOpenAModelShareTheirOptions(String command) {
    String help = CommandRun.run(command, "--help").out();
    for (String option :
        List.of("--model", "--plugins", "--backend", "--ops", "--threads", "--json")) {
      assertTrue(help.contains(option), help);
    }
  }

  @Test
  void versionTellsTheJvmToo() {
    Outcome outcome = CommandRun.run("--version");
    assertEquals(ExitStatus.OK, outcome.status());
    List<String> lines = outcome.out().lines().toList();
    assertEquals(2, lines.size());
    assertTrue(lines.get(0).matches("mla \\S+"), outcome.out());
    assertTrue(lines.get(1).endsWith(Runtime.version().toString()), outcome.out());
  }

  @Test
  void infoIsReadable() {
    Outcome outcome = CommandRun.run("info");
    assertEquals(ExitStatus.OK, outcome.status());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("\ncpu      yes     0 "), outcome.out());
  }

  @Test
  void infoAsJsonIsTheDiagnosis() {
    Outcome outcome = CommandRun.run("info", "--json");
    assertEquals(1, outcome.out().lines().count());
    JsonNode diagnosis = JsonMapper.shared().readTree(outcome.out());
    assertEquals(
        List.of("version", "jvm", "system", "processors", "vector", "backends"),
        List.copyOf(diagnosis.propertyNames()));
    assertEquals(
        List.of("usable", "bits", "detail"), List.copyOf(diagnosis.get("vector").propertyNames()));
    assertEquals(
        List.of("name", "version", "source", "spiLevel", "priority", "usable", "detail"),
        List.copyOf(diagnosis.get("backends").get(0).propertyNames()));
    assertEquals("cpu", diagnosis.get("backends").get(0).get("name").asString());
  }
}
