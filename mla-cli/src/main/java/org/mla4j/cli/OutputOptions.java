package org.mla4j.cli;

import picocli.CommandLine.Option;

/** How the answer is written. */
final class OutputOptions {
  @Option(
      names = "--json",
      description =
          "Write the answer as JSON, one object in one line. Errors stay on standard error.")
  private boolean json;

  boolean json() {
    return json;
  }

  AnswerWriter answers(Terminal terminal, Session session) {
    return json ? new JsonAnswer(terminal, session.backends()) : new StreamedAnswer(terminal);
  }
}
