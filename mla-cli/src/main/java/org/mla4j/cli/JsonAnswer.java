package org.mla4j.cli;

import java.util.Iterator;
import java.util.function.Supplier;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.ChatPiece;

/** Writes an answer as one line of JSON when it is complete. */
final class JsonAnswer implements AnswerWriter {
  private final Terminal terminal;
  private final String backend;

  JsonAnswer(Terminal terminal, String backend) {
    this.terminal = terminal;
    this.backend = backend;
  }

  @Override
  public ChatAnswer write(
      Iterator<ChatPiece> pieces, Supplier<ChatAnswer> result, Runnable cancel) {
    ChatAnswer answer = result.get();
    terminal.printLine(Json.line(Answer.of(answer, backend)));
    return answer;
  }
}
