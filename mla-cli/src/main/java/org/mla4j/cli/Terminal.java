package org.mla4j.cli;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Where a command reads and writes.
 *
 * @param in standard input
 * @param out standard output: the answer and nothing else
 * @param err standard error: prompts, progress, complaints
 * @param interactive whether a person sits in front of it
 */
record Terminal(BufferedReader in, PrintStream out, PrintStream err, boolean interactive) {
  /**
   * The streams of this process, in UTF-8 whatever the locale: an answer must not lose characters
   * because it is piped into a file by a job that has no locale set.
   */
  static Terminal ofProcess() {
    return new Terminal(
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        // Null again since JDK 25, where nobody sits in front of it.
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent());
  }

  /** Ends a line everywhere alike, so that output can be compared byte by byte. */
  void printLine(String line) {
    out.print(line + "\n");
    out.flush();
  }

  /** Says something to the person in front of it; a script needs no prompts and no hints. */
  void note(String text) {
    if (interactive) {
      err.print(text);
      err.flush();
    }
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor)), true, StandardCharsets.UTF_8);
  }
}
