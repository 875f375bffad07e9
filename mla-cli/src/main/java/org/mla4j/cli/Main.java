package org.mla4j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Stands in until the real command arrives. */
@Command(name = "mla", version = "mla 0.1.0-SNAPSHOT", mixinStandardHelpOptions = true)
public final class Main implements Runnable {
  private Main() {}

  @Override
  public void run() {
    CommandLine.usage(this, System.err);
  }

  /**
   * Runs the command.
   *
   * @param args its arguments
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
