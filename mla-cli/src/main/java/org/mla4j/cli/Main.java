package org.mla4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.mla4j.core.Lanes;
import org.mla4j.models.Tokens;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Stands in until the real command arrives. */
@Command(name = "mla", version = "0.1.0-SNAPSHOT", mixinStandardHelpOptions = true)
public final class Main implements Runnable {
  private Main() {}

  @Override
  public void run() {
    Path root = Path.of(System.getProperty("mla.home", "."));
    try {
      System.out.println(
          Tokens.count(root.resolve("demo-model/tokenizer.json"), "Hello") + " " + Lanes.count());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
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
