package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.cli.CommandRun.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole command on the demo model. */
class DemoModelTest {
  private static final String FRANCE = "What is the capital of France?";

  private static Stream<Arguments> prompts() {
    JsonNode prompts =
        JsonMapper.shared()
            .readTree(
                Path.of(System.getProperty("mla.repository", ".."), "demo-model", "prompts.json"));
    return StreamSupport.stream(prompts.spliterator(), false)
        .map(each -> Arguments.of(each.get("prompt").asString(), each.get("answer").asString()));
  }

  @ParameterizedTest
  @MethodSource("prompts")
  void chatAnswersLikeTheReference(String prompt, String answer) {
    assertEquals(new Outcome(ExitStatus.OK, answer + "\n", ""), CommandRun.run("chat", prompt));
  }

  @Test
  void linesOfStandardInputAreTurns() {
    String questions =
        prompts().map(each -> each.get()[0] + "\n/reset\n").collect(Collectors.joining());
    String answers = prompts().map(each -> each.get()[1] + "\n").collect(Collectors.joining());
    assertEquals(
        new Outcome(ExitStatus.OK, answers, ""), new CommandRun().input(questions).with("chat"));
  }

  @Test
  void aSecondTurnReadsTheFirst() {
    Outcome together =
        new CommandRun()
            .input("Anna has a red kite. Bob has a blue drum. What does Bob have?\n" + FRANCE)
            .with("chat", "--json");
    List<JsonNode> turns = together.out().lines().map(JsonMapper.shared()::readTree).toList();
    assertEquals(2, turns.size());
    assertEquals("Bob has a blue drum.", turns.get(0).get("text").asString());
    int alone = json(CommandRun.run("chat", "--json", FRANCE)).get("promptTokens").asInt();
    int before =
        turns.get(0).get("promptTokens").asInt() + turns.get(0).get("generatedTokens").asInt();
    // One beginning-of-text token for both turns, one end-of-text token after the first answer.
    assertEquals(before + alone, turns.get(1).get("promptTokens").asInt());
  }

  @Test
  void peopleArePromptedOnStandardError() {
    Outcome outcome = new CommandRun().interactive().input(FRANCE + "\n").with("chat");
    assertEquals("The capital of France is Paris.\n", outcome.out());
    assertEquals("/reset starts over, /exit or the end of the input leaves.\n> > ", outcome.err());
  }

  @Test
  void anAnswerAsJsonTellsHowItCameAbout() {
    JsonNode answer = json(CommandRun.run("chat", "--json", FRANCE));
    assertEquals(
        List.of(
            "text",
            "reasoning",
            "finishReason",
            "promptTokens",
            "generatedTokens",
            "backend",
            "queuedMs",
            "firstTokenMs",
            "totalMs"),
        List.copyOf(answer.propertyNames()));
    assertEquals("The capital of France is Paris.", answer.get("text").asString());
    assertEquals("STOP", answer.get("finishReason").asString());
    assertEquals("cpu", answer.get("backend").asString());
    assertTrue(answer.get("queuedMs").asDouble() <= answer.get("firstTokenMs").asDouble());
    assertTrue(answer.get("firstTokenMs").asDouble() <= answer.get("totalMs").asDouble());
  }

  @Test
  void theAnswerEndsAtTheWantedLength() {
    JsonNode answer = json(CommandRun.run("chat", "--json", "--max-tokens", "3", FRANCE));
    assertEquals("LENGTH", answer.get("finishReason").asString());
    assertEquals(3, answer.get("generatedTokens").asInt());
  }

  @Test
  void peopleAreToldThatAnAnswerIsCutOff() {
    assertEquals(
        new Outcome(
            ExitStatus.OK,
            "The capital of\n",
            "(cut off after 3 tokens; see --max-tokens and --max-sequence-length)\n"),
        new CommandRun().interactive().with("chat", "--max-tokens", "3", FRANCE));
  }

  @Test
  void theAnswerEndsBeforeAStopString() {
    assertEquals(
        new Outcome(ExitStatus.OK, "The capital of \n", ""),
        CommandRun.run("chat", "--stop", "France", "--stop", "nowhere", FRANCE));
  }

  @Test
  void equalSeedsDrawEqualAnswers() {
    String[] drawn = {"chat", "--temperature", "3", "--seed", "7", "--max-tokens", "20", FRANCE};
    Outcome first = CommandRun.run(drawn);
    assertEquals(first, CommandRun.run(drawn));
    drawn[4] = "8";
    assertTrue(!first.out().equals(CommandRun.run(drawn).out()), first.out());
  }

  @Test
  void generateContinuesATextAsItIs() {
    Outcome given = CommandRun.run("generate", "--max-tokens", "8", "The capital of");
    assertEquals(ExitStatus.OK, given.status());
    assertEquals("", given.err());
    assertEquals(
        given, new CommandRun().input("The capital of").with("generate", "--max-tokens", "8"));
    assertEquals(
        given, new CommandRun().input("The capital of").with("generate", "--max-tokens=8", "-"));
  }

  @Test
  void aPromptThatCannotFitIsRefused() {
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Prompt of 13 tokens; expected at most 3, since a sequence of this engine has at"
                + " most 4 tokens (option maxSequenceLength; the model has 2048 positions)."
                + " [MLA-0402]\n"),
        CommandRun.run("chat", "--max-sequence-length", "4", FRANCE));
  }

  @Test
  void samplingOutOfRangeIsRefused() {
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Sampling: topP = 2.0; expected above 0 and at most 1. [MLA-0401]\n"),
        CommandRun.run("chat", "--top-p", "2", FRANCE));
  }

  @Test
  void explainFoldsTheLayersThatRunAlike() {
    Outcome outcome = CommandRun.run("explain");
    assertEquals(ExitStatus.OK, outcome.status());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("\nlayers.2 to layers.4: as layers.1\n"), outcome.out());
    String all = CommandRun.run("explain", "--all").out();
    assertTrue(all.contains("\nlayers.5\n") && !all.contains(": as "), all);
  }

  @Test
  void explainAsJsonIsTheWholePlan() {
    JsonNode plan = json(CommandRun.run("explain", "--json"));
    assertEquals("demo-model", plan.get("model").asString());
    assertEquals(
        List.of("node", "op", "rows", "reads", "writes", "backend", "kernel", "declined"),
        List.copyOf(plan.get("entries").get(0).propertyNames()));
    assertTrue(
        StreamSupport.stream(plan.get("entries").spliterator(), false)
            .anyMatch(entry -> entry.get("node").asString().startsWith("layers.5.")));
  }

  private static JsonNode json(Outcome outcome) {
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    assertEquals(1, outcome.out().lines().count());
    return JsonMapper.shared().readTree(outcome.out());
  }
}
