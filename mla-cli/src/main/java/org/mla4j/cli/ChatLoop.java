package org.mla4j.cli;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.MlaException;
import org.mla4j.core.engine.FinishReason;
import org.mla4j.models.ChatAnswer;

/**
 * A conversation in turns, one line each. A turn that fails is reported and forgotten, and the
 * conversation goes on without it.
 */
final class ChatLoop {
  private final Terminal terminal;
  private final Conversation conversation;
  private final Responder responder;
  private final Complaints complaints;
  private int status = ExitStatus.OK;

  ChatLoop(
      Terminal terminal, Conversation conversation, Responder responder, Complaints complaints) {
    this.terminal = terminal;
    this.conversation = conversation;
    this.responder = responder;
    this.complaints = complaints;
  }

  /**
   * Runs until the input ends, the user leaves, or an answer is cut off; returns the status of the
   * first failed turn.
   */
  int run() {
    terminal.note("/reset starts over, /exit or the end of the input leaves.\n");
    for (String line = read(); line != null; line = read()) {
      switch (line.strip()) {
        case "" -> {}
        case "/exit" -> {
          return status;
        }
        case "/reset" -> {
          conversation.reset();
          terminal.note("The conversation starts over.\n");
        }
        default -> {
          if (!turn(line)) {
            return status;
          }
        }
      }
    }
    return status;
  }

  /** Answers a line; false if there is no use in going on. */
  private boolean turn(String question) {
    try {
      ChatAnswer result = responder.answer(conversation.with(question));
      boolean processEnds = result.generation().finishReason() == FinishReason.CANCELLED;
      boolean nobodyReads = terminal.out().checkError();
      if (processEnds || nobodyReads) {
        remember(ExitStatus.FAILED);
        return false;
      }
      conversation.answered(question, result.text());
      return true;
    } catch (MlaException e) {
      remember(complaints.report(e));
      return !(e instanceof ClosedException);
    }
  }

  private void remember(int failure) {
    if (status == ExitStatus.OK) {
      status = failure;
    }
  }

  private @Nullable String read() {
    terminal.note("> ");
    return terminal.readLine();
  }
}
