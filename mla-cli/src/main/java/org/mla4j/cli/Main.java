package org.mla4j.cli;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where the process meets the program: the only place that reads its settings and ends it. */
public final class Main {
  /** Long enough for the step in flight of a large model. */
  private static final Duration CLOSING = Duration.ofSeconds(10);

  private Main() {}

  /**
   * Runs the command and ends the process with its exit status.
   *
   * @param args its arguments
   */
  public static void main(String[] args) {
    RunningGeneration running = new RunningGeneration();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> running.cancelAndAwait(CLOSING), "mla-shutdown"));
    int status = MlaApplication.run(new CliContext(Terminal.ofProcess(), home(), running), args);
    running.finished();
    System.exit(status);
  }

  private static @Nullable Path home() {
    String property = System.getProperty("mla.home");
    String home = property != null ? property : System.getenv("MLA_HOME");
    return home == null ? null : Path.of(home);
  }
}
