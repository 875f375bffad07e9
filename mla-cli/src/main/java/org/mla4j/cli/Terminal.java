package org.mla4j.cli;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

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
        utf8(System.in),
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

  /** Says that something may be wrong, to scripts, too. */
  void warn(String message) {
    err.print("mla: warning: " + message + "\n");
    err.flush();
  }

  /** The next line of standard input; null at its end. */
  @Nullable String readLine() {
    return read(BufferedReader::readLine);
  }

  /** What is left of standard input. */
  String readAll() {
    return read(BufferedReader::readAllAsString);
  }

  private <T extends @Nullable Object> T read(Reading<T> reading) {
    try {
      return reading.from(in);
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Standard input has bytes that are no UTF-8; expected UTF-8, whatever the locale.",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @FunctionalInterface
  private interface Reading<T extends @Nullable Object> {
    T from(BufferedReader reader) throws IOException;
  }

  /**
   * A decoder of its own, which reports malformed bytes; a reader's default replaces them without a
   * word.
   */
  static BufferedReader utf8(InputStream stream) {
    return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8.newDecoder()));
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor)), true, StandardCharsets.UTF_8);
  }
}
