package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvalCommandTest {
  private static final String QUESTIONS =
      """
      {"task": "capital", "messages": [{"role": "user", "content": "What is the capital of France?"}], \
      "expected": "The capital of France is Paris.", "reference": "The capital of France is Lyon."}
      {"task": "add", "messages": [{"role": "user", "content": "What is 17 + 25?"}], \
      "expected": "17 + 25 = 42."}
      """;

  @TempDir Path folder;

  @Test
  void theDemoModelHasQuestionsOfItsOwn() {
    Outcome outcome = CommandRun.run("eval", "--limit", "3", "--concurrency", "2");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    assertTrue(
        outcome
            .out()
            .matches(
                """
                task    lines  equals expected  equals reference
                recall  2      2                2
                sub     1      1                1
                total   3      3                3

                demo-model: \\d+ tokens in \\d+\\.\\d s, \\d+\\.\\d tokens/s \\(cache F32, backend cpu, 2 at a time\\)
                """),
        outcome.out());
  }

  @Test
  void replayedStepsAreCounted() {
    Outcome outcome = CommandRun.run("eval", "--limit", "2", "--execution", "graph", "--json");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    JsonNode summary = JsonMapper.shared().readTree(outcome.out());
    long replayed = summary.get("replayedSteps").asLong();
    assertTrue(replayed > 0 && replayed < summary.get("steps").asLong(), outcome.out());
    assertEquals(2, summary.get("total").get("equalsReference").asInt());
  }

  @Test
  void differencesAreShownAndAnswersWritten() throws IOException {
    Path answers = folder.resolve("answers.jsonl");
    Outcome outcome = CommandRun.run("eval", questions(), "--answers", answers.toString());
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertTrue(
        outcome
            .out()
            .endsWith(
                """
                line  task     answer                           reference
                1     capital  The capital of France is Paris.  The capital of France is Lyon.
                """),
        outcome.out());
    assertEquals(
        """
        {"line":1,"task":"capital","answer":"The capital of France is Paris.",\
        "expected":"The capital of France is Paris.","reference":"The capital of France is Lyon.",\
        "finishReason":"STOP"}
        {"line":2,"task":"add","answer":"17 + 25 = 42.","expected":"17 + 25 = 42.",\
        "reference":null,"finishReason":"STOP"}
        """,
        Files.readString(answers));
  }

  @Test
  void jsonIsTheSummary() throws IOException {
    Outcome outcome =
        CommandRun.run("eval", questions(), "--json", "--max-tokens", "5", "--cache-dtype", "BF16");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals(1, outcome.out().lines().count());
    JsonNode summary = JsonMapper.shared().readTree(outcome.out());
    assertEquals(
        List.of(
            "model",
            "tasks",
            "total",
            "seconds",
            "tokensPerSecond",
            "cacheDType",
            "backend",
            "steps",
            "replayedSteps",
            "concurrency",
            "maxTokens",
            "cutOff",
            "differences"),
        List.copyOf(summary.propertyNames()));
    assertEquals(
        "{\"task\":\"total\",\"lines\":2,\"equalsExpected\":0,\"references\":1,\"equalsReference\":0,"
            + "\"tokens\":10}",
        summary.get("total").toString());
    assertEquals("add", summary.get("tasks").get(0).get("task").asString());
    assertEquals("BF16", summary.get("cacheDType").asString());
    assertEquals(2, summary.get("cutOff").asInt());
    assertEquals(1, summary.get("differences").size());
    assertEquals("LENGTH", summary.get("differences").get(0).get("finishReason").asString());
  }

  @Test
  void aModelWithoutQuestionsNeedsAFile() {
    String tiny = CommandRun.testModel("deepseek-v3-tiny");
    assertRefused(
        CommandRun.run("eval", "--model", tiny),
        "No file of questions given, and the model has none: no '"
            + Path.of(tiny, "eval.jsonl")
            + "'; expected FILE, one JSON object in each line. [MLA-0401]");
  }

  @Test
  void aMalformedLineIsRefused() throws IOException {
    Path file = folder.resolve("wrong.jsonl");
    Files.writeString(file, QUESTIONS + "{\"task\": \"add\"}\n");
    assertRefused(
        CommandRun.run("eval", file.toString()),
        file
            + ", line 3: field 'messages' is missing; expected a list of at least one message."
            + " [MLA-0204]");
  }

  @Test
  void theQuestionsAreNotOverwritten() throws IOException {
    String questions = questions();
    assertRefused(
        CommandRun.run("eval", questions, "--answers", questions),
        "Option --answers = '"
            + questions
            + "', the file of the questions; expected another one. [MLA-0401]");
    assertEquals(QUESTIONS, Files.readString(Path.of(questions)));
  }

  @Test
  void aFileThatCannotBeWrittenIsRefusedAtOnce() throws IOException {
    Path answers = folder.resolve("no/such/folder");
    assertRefused(
        CommandRun.run("eval", questions(), "--answers", answers.toString()),
        "Option --answers = '"
            + answers
            + "' cannot be written: java.nio.file.NoSuchFileException: "
            + answers
            + ". [MLA-0401]");
  }

  @ParameterizedTest
  @CsvSource({
    "--concurrency, 0, 1 to 1024",
    "--concurrency, 1025, 1 to 1024",
    "--max-tokens, 0, 1 or more",
    "--limit, -3, 1 or more"
  })
  void anOptionOutsideItsRangeIsRefused(String option, String given, String expected) {
    assertRefused(
        CommandRun.run("eval", option + "=" + given),
        "Option " + option + " = " + given + "; expected " + expected + ". [MLA-0401]");
  }

  @Test
  void aQuestionThatDoesNotFitIsShown() {
    Outcome outcome = CommandRun.run("eval", "--max-sequence-length", "8");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertTrue(outcome.err().startsWith("mla: The question in line 1: Prompt of "), outcome.err());
  }

  private String questions() throws IOException {
    return Files.writeString(folder.resolve("questions.jsonl"), QUESTIONS).toString();
  }

  private static void assertRefused(Outcome outcome, String message) {
    assertEquals(new Outcome(ExitStatus.WRONG_INPUT, "", "mla: " + message + "\n"), outcome);
  }
}
