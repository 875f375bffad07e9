package org.mla4j.benchmarks.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An engine in a process of its own, which loads a model once and then waits for tests. Lines of
 * JSON go over its standard input and output: first it says who it is, then it answers each test
 * with the seconds it took.
 *
 * <p>While it waits it is stopped by a signal, so that threads of its own which spin take nothing
 * from the one that is measured. Threading: one thread.
 */
final class Contender implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int BYTES_PER_KB = 1024;

  private final List<String> command;
  private final Process process;
  private final BufferedReader answers;
  private final Writer requests;
  private final Thread killer;
  private final JsonNode greeting;
  private final double readySeconds;

  private Contender(List<String> command) throws IOException {
    this.command = command;
    long start = System.nanoTime();
    process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    // One that is stopped would not notice that nobody asks any more.
    killer = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(killer);
    answers = process.inputReader();
    requests = process.outputWriter();
    greeting = answer();
    readySeconds = (System.nanoTime() - start) / 1e9;
    signal("STOP");
  }

  /**
   * Starts the process and waits until its model is loaded.
   *
   * @param command program and arguments
   * @throws IOException if it cannot be started or ends instead of answering
   */
  static Contender start(List<String> command) throws IOException {
    return new Contender(command);
  }

  /** Runs a test; the others are not running meanwhile. Returns the seconds it took. */
  double seconds(PeerTest test) throws IOException {
    signal("CONT");
    requests.write(JSON.writeValueAsString(test) + "\n");
    requests.flush();
    double seconds = answer().required("seconds").asDouble();
    signal("STOP");
    return seconds;
  }

  ContenderReport report() throws IOException {
    return new ContenderReport(
        greeting.required("name").asString(),
        greeting.required("version").asString(),
        greeting.required("settings").asString(),
        readySeconds,
        peakBytes());
  }

  private JsonNode answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException(
          "'" + String.join(" ", command) + "' ended instead of answering; it says above why.");
    }
    return JSON.readTree(line);
  }

  private long peakBytes() throws IOException {
    Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
    if (!Files.exists(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      Optional<String> peak = lines.filter(line -> line.startsWith("VmHWM:")).findFirst();
      return peak.map(line -> Long.parseLong(line.replaceAll("\\D", "")) * BYTES_PER_KB).orElse(0L);
    }
  }

  private void signal(String name) throws IOException {
    Process kill =
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
            .redirectError(Redirect.INHERIT)
            .start();
    try {
      kill.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted.", e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join(); // it holds memory that the next one needs
    Runtime.getRuntime().removeShutdownHook(killer);
  }
}
