package org.mla4j.cli;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A terminal whose input is given and whose output is kept. */
final class TestTerminal {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Terminal terminal;

  TestTerminal(boolean interactive, String input) {
    this(interactive, input.getBytes(StandardCharsets.UTF_8));
  }

  TestTerminal(boolean interactive, byte[] input) {
    terminal =
        new Terminal(
            Terminal.utf8(new ByteArrayInputStream(input)), stream(out), stream(err), interactive);
  }

  Terminal terminal() {
    return terminal;
  }

  /** What arrived at the other end of standard output so far: what was not flushed did not. */
  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** Buffers as the real one does. */
  static PrintStream stream(OutputStream target) {
    return new PrintStream(new BufferedOutputStream(target), false, StandardCharsets.UTF_8);
  }
}
