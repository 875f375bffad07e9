package org.mla4j.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Runs the command inside the test, with streams of its own. */
final class CommandRun {
  private String input = "";
  private boolean interactive;
  private @Nullable Path home = Path.of(System.getProperty("mla.repository", ".."));

  /** What a run left behind. */
  record Outcome(int status, String out, String err) {}

  static Outcome run(String... args) {
    return new CommandRun().with(args);
  }

  CommandRun input(String text) {
    input = text;
    return this;
  }

  CommandRun interactive() {
    interactive = true;
    return this;
  }

  CommandRun home(@Nullable Path folder) {
    home = folder;
    return this;
  }

  Outcome with(String... args) {
    TestTerminal streams = new TestTerminal(interactive, input);
    CliContext context = new CliContext(streams.terminal(), home, new RunningGeneration());
    int status = MlaApplication.run(context, args);
    return new Outcome(status, streams.out(), streams.err());
  }

  /** The folder of a model among the test data. */
  static String testModel(String name) {
    return Path.of(System.getProperty("mla.repository", ".."), "testdata", "golden", name)
        .toString();
  }
}
