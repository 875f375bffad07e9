package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {
  private static final String TINY = CommandRun.testModel("deepseek-v3-tiny");

  private static Outcome bench(String... options) {
    List<String> args = new ArrayList<>(List.of("bench", TINY, "--warmup", "0"));
    args.addAll(Arrays.asList(options));
    return CommandRun.run(args.toArray(String[]::new));
  }

  /** The text with all numbers that a clock made as 0, and columns no wider for them. */
  private static String masked(Outcome outcome) {
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    return outcome.out().replaceAll("\\d+\\.\\d+", "0.0").replaceAll("(?m) +", " ");
  }

  @Test
  void aTableForPeople() {
    assertEquals(
        """
        model size parameters weights backend cache threads test tokens/s ± s.d. median
        deepseek-v3-tiny 0.0 MiB 2,048,304 BF16 cpu F32 2 pp6 0.0 0.0 0.0
        deepseek-v3-tiny 0.0 MiB 2,048,304 BF16 cpu F32 2 tg3 0.0 0.0 0.0

        threads opened ready after first token (prompt of 8) peak memory
        2 0.0 s 0.0 s 0.0 s PEAK
        """,
        masked(bench("-p", "6", "-n", "3", "-r", "2", "--threads", "2"))
            .replaceAll("s (0\\.0 [KMG]iB|-)\n", "s PEAK\n"));
  }

  @Test
  void testsAreAllCombinations() {
    Outcome outcome =
        bench(
            "-p",
            "4,6",
            "-n",
            "2",
            "-pg",
            "4,2",
            "-d",
            "0,5",
            "-b",
            "1,2",
            "-r",
            "1",
            "--threads",
            "1,2",
            "--json");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    List<String> tests = new ArrayList<>();
    for (JsonNode test : JsonMapper.shared().readTree(outcome.out()).get("tests")) {
      if (test.get("threads").asInt() == 2) {
        tests.add(test.get("test").asString());
      }
    }
    assertEquals(
        List.of(
            "pp4",
            "pp6",
            "tg2",
            "pp4+tg2",
            "pp4 b2",
            "pp6 b2",
            "tg2 b2",
            "pp4+tg2 b2",
            "pp4 @ d5",
            "pp6 @ d5",
            "tg2 @ d5",
            "pp4+tg2 @ d5",
            "pp4 b2 @ d5",
            "pp6 b2 @ d5",
            "tg2 b2 @ d5",
            "pp4+tg2 b2 @ d5"),
        tests);
  }

  @Test
  void jsonHasAllSamples() {
    Outcome outcome =
        bench(
            "-p",
            "0",
            "-n",
            "2",
            "-r",
            "3",
            "--threads",
            "1",
            "-o",
            "json",
            "--cache-dtype",
            "BF16");
    assertEquals(1, outcome.out().lines().count(), outcome.err());
    JsonNode summary = JsonMapper.shared().readTree(outcome.out());
    assertEquals(
        List.of(
            "model",
            "fileBytes",
            "parameters",
            "weightType",
            "cacheType",
            "backend",
            "repetitions",
            "warmups",
            "starts",
            "peakMemoryBytes",
            "limits",
            "tests"),
        List.copyOf(summary.propertyNames()));
    assertEquals("BF16", summary.get("cacheType").asString());
    assertEquals(0, summary.get("limits").size());
    assertEquals(
        List.of("threads", "openSeconds", "readySeconds", "firstTokenSeconds"),
        List.copyOf(summary.get("starts").get(0).propertyNames()));
    JsonNode test = summary.get("tests").get(0);
    assertEquals(
        List.of(
            "test",
            "threads",
            "prompt",
            "generated",
            "depth",
            "batch",
            "mean",
            "standardDeviation",
            "median",
            "samples",
            "roofline"),
        List.copyOf(test.propertyNames()));
    assertTrue(test.get("roofline").isNull());
    double[] samples = new double[3];
    for (int i = 0; i < 3; i++) {
      samples[i] = test.get("samples").get(i).asDouble();
    }
    assertEquals(Arrays.stream(samples).average().orElseThrow(), test.get("mean").asDouble(), 1e-6);
    Arrays.sort(samples);
    assertEquals(samples[1], test.get("median").asDouble());
  }

  @Test
  void theRooflineIsMeasuredInTheSameRun() {
    Outcome outcome =
        bench("-p", "8", "-n", "0", "-r", "1", "--threads", "1", "--roofline", "--json");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    JsonNode summary = JsonMapper.shared().readTree(outcome.out());
    double bandwidth = summary.get("limits").get(0).get("bytesPerSecond").asDouble();
    JsonNode bound = summary.get("tests").get(0).get("roofline");
    assertEquals(
        bound.get("bytesPerSecond").asDouble() / bandwidth,
        bound.get("ofBandwidth").asDouble(),
        1e-12);
    double shares = bound.get("outsideShare").asDouble();
    for (JsonNode op : bound.get("ops")) {
      shares += op.get("share").asDouble();
      assertTrue(op.get("runs").asInt() > 0);
    }
    assertEquals(1, shares, 1e-9);
  }

  @Test
  void theModelMayBeAnOptionToo() {
    Outcome outcome =
        CommandRun.run(
            "bench",
            "--model",
            TINY,
            "-p",
            "4",
            "-n",
            "0",
            "-r",
            "1",
            "--warmup",
            "0",
            "-o",
            "csv");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals(2, outcome.out().lines().count());
    assertTrue(
        outcome.out().lines().toList().get(1).startsWith("deepseek-v3-tiny,"), outcome.out());
  }

  @Test
  void twoModelsAreRefused() {
    assertRefused(
        bench("--model", "other"),
        "Two models given: MODEL = '"
            + TINY
            + "' and --model = '"
            + Path.of("other")
            + "'; expected one.");
  }

  @ParameterizedTest
  @CsvSource({
    "--prompt, -1, -1, 0 or more",
    "--generate, '3,-2', -2, 0 or more",
    "--depth, -5, -5, 0 or more",
    "--batch, '1,0', 0, 1 or more",
    "--repetitions, 0, 0, 1 or more",
    "--warmup, -1, -1, 0 or more",
    "-pg, '0,5', 0, 1 or more"
  })
  void aNumberOutsideItsRangeIsRefused(String option, String given, String shown, String expected) {
    assertRefused(
        CommandRun.run("bench", option, given),
        "Option " + option + " = " + shown + "; expected " + expected + ".");
  }

  @ParameterizedTest
  @CsvSource({"--prompt", "--generate", "--depth", "--batch", "--threads", "-pg"})
  void aNumberThatIsNoneIsShown(String option) {
    Outcome outcome = CommandRun.run("bench", option, "1,x");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertTrue(
        outcome.err().startsWith("mla: Invalid value for option '" + option + "'")
            && outcome.err().endsWith("'x' is not an int. See 'mla bench --help'.\n"),
        outcome.err());
  }

  @Test
  void aPairHasTwoNumbers() {
    assertRefused(
        CommandRun.run("bench", "-pg", "512"),
        "Option -pg = 512; expected two numbers, of the prompt and of its answer.");
  }

  @Test
  void noTokensAreNothingToMeasure() {
    assertRefused(
        CommandRun.run("bench", "-p", "0", "-n", "0"),
        "Nothing to measure: options --prompt and --generate are 0, and there is no -pg; expected a"
            + " number of tokens.");
  }

  @Test
  void anUnknownFormatListsTheKnownOnes() {
    assertRefused(
        bench("-o", "xml"),
        "Option --output = 'xml'; expected 'table' or 'md' or 'csv' or 'json'.");
    assertRefused(
        bench("-o", "csv", "--json"), "Option --output = 'csv' with --json; expected one of them.");
  }

  @Test
  void theLengthOfSequencesIsThatOfTheTests() {
    assertRefused(
        bench("--max-sequence-length", "64"),
        "Option --max-sequence-length = 64; expected none, since sequences are as long as the tests"
            + " say.");
  }

  @Test
  void aTestThatTheModelIsTooShortForIsRefused() {
    assertRefused(
        bench("-n", "0", "-p", "8", "-d", "200000"),
        "Test 'pp8 @ d200000' has sequences of 200008 tokens; model 'deepseek-v3-tiny' has"
            + " 163840 positions.");
  }

  private static void assertRefused(Outcome outcome, String message) {
    assertEquals(
        new Outcome(ExitStatus.WRONG_INPUT, "", "mla: " + message + " [MLA-0401]\n"), outcome);
  }
}
