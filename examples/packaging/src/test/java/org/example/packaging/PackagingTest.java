package org.example.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command and one plug-in, put together in every way that there is, each in a JVM of its own.
 */
class PackagingTest {
  private static final Path TARGET = Path.of(System.getProperty("example.target"));
  private static final Path PLUGIN = Path.of(System.getProperty("example.plugin"));

  /** Where {@code ./mla} keeps plug-ins, were this the folder that it is in. */
  private Path plugins;

  @TempDir private Path folder;

  private record Outcome(int status, String out, String err) {}

  @BeforeEach
  void makeAPluginFolder() throws IOException {
    plugins = Files.createDirectories(folder.resolve("plugins"));
    Files.copy(PLUGIN, plugins.resolve("own-norm.jar"));
  }

  @Test
  void onTheClassPath() throws Exception {
    assertBothRun(run(classPath(lib() + File.pathSeparator + PLUGIN)));
  }

  @Test
  void onTheModulePath() throws Exception {
    assertBothRun(run(modulePath(lib() + File.pathSeparator + PLUGIN)));
  }

  @Test
  void inOneJarWhoseServicesFilesWereMerged() throws Exception {
    assertBothRun(run(oneJar("merged")));
  }

  @Test
  void inOneJarWhoseServicesFilesWereOverwritten() throws Exception {
    Outcome outcome = run(oneJar("overwritten"));
    assertEquals(
        new Outcome(
            2,
            "",
            "mla: The bundled backend 'cpu' was not found; found were: 'own-norm' (priority 10). If"
                + " the application is packed into one jar, its META-INF/services files were"
                + " probably overwritten instead of merged: append all files named"
                + " org.mla4j.api.backend.BackendProvider (Maven Shade:"
                + " ServicesResourceTransformer; Gradle Shadow: mergeServiceFiles()). On the module"
                + " path, resolve the module org.mla4j.core. [MLA-0102]\n"),
        outcome);
  }

  @Test
  void inAPluginFolder() throws Exception {
    assertBothRun(run(classPath(lib()), "--plugins", plugins.toString()));
    assertBothRun(run(modulePath(lib()), "--plugins", plugins.toString()));
    List<String> besideTheLauncher = new ArrayList<>(List.of("-Dmla.home=" + folder));
    besideTheLauncher.addAll(modulePath(lib()));
    assertBothRun(run(besideTheLauncher));
  }

  /** Whoever runs the command in a folder of somebody else must not run that person's code. */
  @Test
  void neverInTheCurrentFolder() throws Exception {
    Outcome outcome = run(modulePath(lib()));
    assertEquals(2, outcome.status());
    assertEquals("", outcome.out());
    assertEquals(
        "mla: No backend named 'own-norm'. Available: 'cpu' (priority 0). Add the vendor's jar to"
            + " the class path or module path, or choose another backend. [MLA-0101]\n",
        outcome.err());
  }

  /** Text from the model by both backends: the norms by the plug-in, the rest by our own. */
  private static void assertBothRun(Outcome outcome) {
    assertEquals(0, outcome.status(), outcome.err());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("\"generatedTokens\":4,"), outcome.out());
    assertTrue(outcome.out().contains("\"backend\":\"cpu,own-norm\""), outcome.out());
  }

  private static String lib() throws IOException {
    try (Stream<Path> jars = Files.list(TARGET.resolve("lib"))) {
      String path =
          jars.map(Path::toString).sorted().collect(Collectors.joining(File.pathSeparator));
      assertNotEquals("", path);
      return path;
    }
  }

  private static List<String> classPath(String path) {
    return List.of("--enable-native-access=ALL-UNNAMED", "-cp", path, "org.mla4j.cli.Main");
  }

  private static List<String> modulePath(String path) {
    String access = "--enable-native-access=org.mla4j.models,ai.djl.tokenizers";
    return List.of(access, "-p", path, "-m", "org.mla4j.cli/org.mla4j.cli.Main");
  }

  private static List<String> oneJar(String classifier) {
    String jar = PLUGIN.toString().replaceFirst("\\.jar$", "-" + classifier + ".jar");
    return List.of("--enable-native-access=ALL-UNNAMED", "-jar", jar);
  }

  /** Runs the command in a folder that has a folder {@code plugins}. */
  private Outcome run(List<String> start, String... options)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(start);
    line.add("generate");
    line.addAll(List.of(options));
    line.addAll(List.of("--backend=own-norm", "--model=" + System.getProperty("example.model")));
    // A fresh JVM interprets vector code at first.
    line.add("--backend-option=cpu:vector=off");
    line.addAll(List.of("--max-tokens=4", "--json", "Once upon a time"));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    int status = process.waitFor();
    return new Outcome(status, Files.readString(out), Files.readString(err));
  }
}
