package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.cli.CommandRun.Outcome;

/**
 * The command as users run it: a process of its own, all of it as modules. The other tests run on
 * the class path, where reflection may look into everything and every provider is found by another
 * way.
 */
class ModulePathTest {
  /** A fresh JVM interprets vector code at first, which takes seconds; one test of it is enough. */
  private static final String SCALAR = "--backend-option=cpu:vector=off";

  @TempDir private Path folder;

  @Test
  void theAnswerIsAllOnStandardOutputWhateverTheLocale() {
    Outcome outcome = run("", "chat", "What is the capital of France?");
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals("The capital of France is Paris.\n", outcome.out());
  }

  @Test
  void standardInputIsReadAsUtf8() {
    String[] args = {"generate", "--max-tokens", "1", "--json", SCALAR};
    Outcome outcome = run("Ünïcödé｜", args);
    assertEquals(ExitStatus.OK, outcome.status(), outcome.err());
    assertEquals(
        withoutTimes(new CommandRun().input("Ünïcödé｜").with(args)), withoutTimes(outcome));
  }

  @Test
  void everyReportCanBeWrittenAsJson() {
    Outcome info = run("", "info", "--json");
    assertEquals(ExitStatus.OK, info.status(), info.err());
    assertTrue(info.out().contains("\"backends\":[{\"name\":\"cpu\""), info.out());
    Outcome explain = run("", "explain", "--json", SCALAR);
    assertEquals(ExitStatus.OK, explain.status(), explain.err());
    assertTrue(
        explain
            .out()
            .startsWith(
                "{\"model\":\"demo-model\",\"before\":[{\"node\":\"embed_tokens\",\"op\":\"embedding\","
                    + "\"backend\":\"cpu\"},"),
        explain.out());
    for (String part : List.of("entries", "fusions", "execution", "notConsulted")) {
      assertTrue(explain.out().contains(",\"" + part + "\":["), explain.out());
    }
    String tiny = CommandRun.testModel("deepseek-v3-tiny");
    Outcome verify = run("", "verify", "--json", "--model", tiny, SCALAR);
    assertEquals(ExitStatus.OK, verify.status(), verify.err());
    assertTrue(verify.out().contains("\"passed\":true,\"tensors\":[{"), verify.out());
    Outcome bench =
        run("", "bench", "--json", tiny, "-p", "4", "-n", "0", "-r", "1", "--warmup", "0", SCALAR);
    assertEquals(ExitStatus.OK, bench.status(), bench.err());
    assertTrue(bench.out().contains("\"tests\":[{\"test\":\"pp4\","), bench.out());
  }

  @Test
  void theExitStatusReachesTheProcess() {
    Outcome outcome = run("", "chat", "--threads", "0");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertEquals("", outcome.out());
    assertTrue(
        outcome.err().endsWith("mla: Option threads = 0; expected 1 to 1024. [MLA-0401]\n"),
        outcome.err());
  }

  private static String withoutTimes(Outcome outcome) {
    return outcome.out().replaceAll(",\"queuedMs\".*", "");
  }

  private Outcome run(String input, String... args) {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--module-path",
                modulePath(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=org.mla4j.models",
                "-Dmla.home=" + System.getProperty("mla.repository", ".."),
                "--module",
                "org.mla4j.cli/org.mla4j.cli.Main"));
    command.addAll(List.of(args));
    try {
      Path in = Files.writeString(folder.resolve("in"), input);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().put("LC_ALL", "C");
      int status = builder.start().waitFor();
      return new Outcome(status, Files.readString(out), Files.readString(err));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * What the tests have on the class path, the tests themselves excepted: they are in the same
   * package.
   */
  private static String modulePath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes"))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
