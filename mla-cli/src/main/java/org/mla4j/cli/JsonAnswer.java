package org.mla4j.cli;

import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationResult;

/** Writes an answer as one line of JSON when it is complete. */
final class JsonAnswer implements AnswerWriter {
  private final Terminal terminal;
  private final String backend;

  JsonAnswer(Terminal terminal, String backend) {
    this.terminal = terminal;
    this.backend = backend;
  }

  @Override
  public GenerationResult write(Generation generation) {
    GenerationResult result = generation.result();
    terminal.printLine(Json.line(Answer.of(result, backend)));
    return result;
  }
}
