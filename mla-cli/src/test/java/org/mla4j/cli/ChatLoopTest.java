package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.template.ChatMessage;

class ChatLoopTest {
  private final List<String> asked = new ArrayList<>();
  private String errors = "";

  /** Answers "x" with "re: x", and fails where the question asks for it. */
  private ChatAnswer answer(List<ChatMessage> messages) {
    asked.add(
        String.join(" | ", messages.stream().map(m -> m.role() + ": " + m.content()).toList()));
    String question = String.valueOf(messages.getLast().content());
    return switch (question) {
      case "too long" ->
          throw new InvalidInputException(ErrorCode.REQUEST_TOO_LONG, "Prompt of 9 tokens.");
      case "break" -> throw new BackendException(ErrorCode.FORWARD_FAILED, "Backend 'npu' failed.");
      case "closed" -> throw new ClosedException(ErrorCode.CLOSED, "The engine is closed.");
      case "defect" -> throw new IllegalStateException("a defect");
      case "cancel" -> result("re:", FinishReason.CANCELLED);
      default -> result("re: " + question, FinishReason.STOP);
    };
  }

  private static ChatAnswer result(String text, FinishReason reason) {
    return new ChatAnswer(
        "hm",
        text,
        new GenerationResult(
            "<think>hm</think>" + text,
            List.of(1),
            reason,
            1,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO));
  }

  private int run(boolean interactive, String... lines) {
    TestTerminal streams = new TestTerminal(interactive, String.join("\n", lines));
    Terminal terminal = streams.terminal();
    try {
      return new ChatLoop(
              terminal,
              new Conversation("be brief"),
              this::answer,
              new Complaints(terminal.err(), () -> false))
          .run();
    } finally {
      errors = streams.err();
    }
  }

  @Test
  void everyTurnSeesTheTurnsBefore() {
    assertEquals(ExitStatus.OK, run(false, "one", "two"));
    assertEquals(
        List.of(
            "system: be brief | user: one",
            "system: be brief | user: one | assistant: re: one | user: two"),
        asked);
    assertEquals("", errors);
  }

  @Test
  void resetForgetsTheTurnsButNotTheSystemMessage() {
    assertEquals(ExitStatus.OK, run(false, "one", "/reset", "two"));
    assertEquals("system: be brief | user: two", asked.getLast());
  }

  @Test
  void exitLeavesBeforeTheEndOfTheInput() {
    assertEquals(ExitStatus.OK, run(false, "one", " /exit ", "two"));
    assertEquals(1, asked.size());
  }

  @Test
  void blankLinesAreNoTurns() {
    assertEquals(ExitStatus.OK, run(false, "", "  ", "one", ""));
    assertEquals(1, asked.size());
  }

  @Test
  void aTurnIsAskedAsItWasTyped() {
    run(false, "  indented /exit ");
    assertEquals(List.of("system: be brief | user:   indented /exit "), asked);
  }

  @Test
  void aFailedTurnIsReportedAndForgotten() {
    assertEquals(ExitStatus.WRONG_INPUT, run(false, "one", "too long", "break", "two"));
    assertEquals("system: be brief | user: one | assistant: re: one | user: two", asked.getLast());
    assertEquals(
        "mla: Prompt of 9 tokens. [MLA-0402]\nmla: Backend 'npu' failed. [MLA-0107]\n", errors);
  }

  @Test
  void aClosedEngineEndsTheConversation() {
    assertEquals(ExitStatus.FAILED, run(false, "closed", "two"));
    assertEquals(1, asked.size());
    assertEquals("mla: The engine is closed. [MLA-0403]\n", errors);
  }

  @Test
  void aCancelledAnswerEndsTheConversation() {
    assertEquals(ExitStatus.FAILED, run(false, "cancel", "two"));
    assertEquals(1, asked.size());
  }

  @Test
  void aDefectIsNotSwallowed() {
    assertThrows(IllegalStateException.class, () -> run(false, "defect"));
  }

  @Test
  void peopleArePrompted() {
    run(true, "one", "/reset");
    assertEquals(
        "/reset starts over, /exit or the end of the input leaves.\n"
            + "> > The conversation starts over.\n> ",
        errors);
  }
}
