package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.cli.CommandRun.Outcome;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.ArchitectureProvider;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Where plug-ins come from, and what is said about those that cannot be used. */
class PluginsTest {
  private static final String TINY = CommandRun.testModel("deepseek-v3-tiny");

  @TempDir private Path folder;

  /** Declared by no services file but those of the jars below; has nothing. */
  public static final class Idle implements BackendProvider {
    @Override
    public String name() {
      return "idle";
    }

    @Override
    public String version() {
      return "1.0";
    }

    @Override
    public int spiLevel() {
      return 1;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("nothing to do", true);
    }

    @Override
    public Backend open(EngineContext context) {
      return () -> {};
    }
  }

  /** Claims an architecture of ours, which is refused as soon as somebody asks for it. */
  public static final class Impostor implements ArchitectureProvider {
    @Override
    public Set<String> architectures() {
      return Set.of("DeepseekV3ForCausalLM");
    }

    @Override
    public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
      throw new AssertionError();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"explain", "verify"})
  void aBackendFromTheFolderCanBeNamed(String command) {
    jar(folder.resolve("idle.jar"), BackendProvider.class, Idle.class);
    String[] args = {command, "--model", TINY, "--backend", "idle"};
    Outcome without = CommandRun.run(args);
    assertEquals(ExitStatus.WRONG_INPUT, without.status());
    assertTrue(without.err().startsWith("mla: No backend named 'idle'."), without.err());
    Outcome with =
        CommandRun.run(command, "--model", TINY, "--backend", "idle", "--plugins", name());
    assertEquals(ExitStatus.OK, with.status(), with.err());
    assertEquals("", with.err());
  }

  @Test
  void architecturesComeFromTheFolderToo() {
    jar(folder.resolve("impostor.jar"), ArchitectureProvider.class, Impostor.class);
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Architecture 'DeepseekV3ForCausalLM' is provided 2 times: by"
                + " org.mla4j.cli.PluginsTest$Impostor,"
                + " org.mla4j.models.architecture.deepseek.DeepseekProvider. Remove all but one."
                + " [MLA-0209]\n"),
        CommandRun.run("explain", "--model", TINY, "--plugins", name()));
  }

  @Test
  void theFolderBesideTheLauncherNeedsNoOption() throws IOException {
    CommandRun run = new CommandRun().home(folder);
    Path plugins = folder.resolve("plugins");
    assertFalse(run.with("info").out().contains("idle"));
    Files.createDirectories(plugins);
    assertFalse(run.with("info").out().contains("idle"), "an empty one is as good as none");
    jar(plugins.resolve("idle.jar"), BackendProvider.class, Idle.class);
    assertTrue(run.with("info").out().contains("\nidle "));
    assertTrue(
        run.with("explain", "--model", TINY, "--backend", "idle").err().isEmpty(), "every command");
    assertFalse(new CommandRun().home(null).with("info").out().contains("idle"));
  }

  @Test
  void anOptionReplacesTheFolderBesideTheLauncher() throws IOException {
    Path plugins = Files.createDirectories(folder.resolve("plugins"));
    jar(plugins.resolve("idle.jar"), BackendProvider.class, Idle.class);
    jar(folder.resolve("impostor.jar"), ArchitectureProvider.class, Impostor.class);
    Outcome info = new CommandRun().home(folder).with("info", "--plugins", name());
    assertFalse(info.out().contains("idle"), info.out());
  }

  @Test
  void aBrokenJarIsReportedAndHidesNoOther() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.jar"), "no zip at all");
    jar(folder.resolve("idle.jar"), BackendProvider.class, Idle.class);
    Outcome info = CommandRun.run("info", "--plugins", name());
    assertEquals("", info.err());
    String reason = "cannot be read as a jar: zip END header not found";
    List<String> lines = info.out().lines().map(line -> line.replaceAll(" +", " ")).toList();
    int row = lines.indexOf("broken.jar no 0 ? ? " + broken);
    assertTrue(row > 0, info.out());
    assertEquals(" " + reason, lines.get(row + 1));
    assertTrue(info.out().contains("\nidle "), info.out());
    Outcome explain = CommandRun.run("explain", "--model", TINY, "--plugins", name());
    assertEquals(ExitStatus.OK, explain.status());
    assertEquals("mla: warning: Plug-in '" + broken + "' " + reason + ".\n", explain.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"chat", "generate", "info", "explain", "verify", "eval"})
  void aFolderThatIsNotThereIsRefused(String command) {
    Path missing = folder.resolve("missing");
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Plug-in folder '"
                + missing
                + "' does not exist; expected a folder with plug-in jars. [MLA-0401]\n"),
        CommandRun.run(command, "--plugins", missing.toString()));
  }

  @Test
  void aFolderWithoutJarsIsRefusedWhenItWasGiven() {
    assertEquals(
        new Outcome(
            ExitStatus.WRONG_INPUT,
            "",
            "mla: Plug-in folder '"
                + folder
                + "' has no file *.jar; expected a folder with plug-in jars. [MLA-0401]\n"),
        CommandRun.run("info", "--plugins", name()));
  }

  private String name() {
    return folder.toString();
  }

  private static void jar(Path file, Class<?> service, Class<?> provider) {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("META-INF/services/" + service.getName()));
      zip.write(provider.getName().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
