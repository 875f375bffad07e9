package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.cli.CommandRun.Outcome;

/** How steps run is chosen on the command line, in every command that runs any. */
class ExecutionOptionsTest {
  private static final String TINY = CommandRun.testModel("deepseek-v3-tiny");

  @Test
  void theModeIsExplained() {
    assertTrue(lastLine("--execution", "eager").startsWith("Execution: eager"));
    assertTrue(
        lastLine("--execution", "graph").startsWith("Execution: graph: decode steps of up to 4"),
        lastLine("--execution", "graph"));
  }

  @Test
  void opaqueAttentionIsOneNodeBeforeFusion() {
    assertTrue(explain("--attention", "opaque", "--before").contains(" mla_attention "));
    assertTrue(!explain("--attention", "visible", "--before").contains(" mla_attention "));
  }

  @ParameterizedTest
  @CsvSource({"eager, visible", "eager, opaque", "graph, visible", "graph, opaque"})
  void everyCombinationIsVerified(String execution, String attention) {
    Outcome verify =
        CommandRun.run(
            "verify", "--model", TINY, "--execution", execution, "--attention", attention);
    assertEquals(ExitStatus.OK, verify.status(), verify.err() + verify.out());
  }

  private static String lastLine(String... options) {
    return explain(options).lines().reduce("", (before, line) -> line);
  }

  private static String explain(String... options) {
    String[] args = new String[options.length + 3];
    args[0] = "explain";
    args[1] = "--model";
    args[2] = TINY;
    System.arraycopy(options, 0, args, 3, options.length);
    Outcome outcome = CommandRun.run(args);
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    return outcome.out();
  }
}
