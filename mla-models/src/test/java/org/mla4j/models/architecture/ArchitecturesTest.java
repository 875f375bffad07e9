package org.mla4j.models.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.plugin.PluginFolder;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.LoadOptions;
import org.mla4j.models.TestData;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.SafetensorsFile;

/** How an architecture is found, and what is said when none or too many are. */
class ArchitecturesTest {
  private static final String KNOWN =
      "DeepseekV2ForCausalLM, DeepseekV3ForCausalLM, Glm4MoeLiteForCausalLM, LlamaForCausalLM,"
          + " LlamaMLAForCausalLM, MiniCPM3ForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM";

  @TempDir Path folder;

  /** Knows one that nobody else knows; refuses every checkpoint and keeps a hold on its bytes. */
  public static final class Refusing implements ArchitectureProvider {
    static final AtomicReference<MemorySegment> BYTES = new AtomicReference<>();

    @Override
    public Set<String> architectures() {
      return Set.of("RefusingForCausalLM");
    }

    @Override
    public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
      try (var lease = checkpoint.require("a").lease()) {
        BYTES.set(lease.tensor().segment());
      }
      throw new IllegalStateException("refused " + architecture);
    }
  }

  /** Claims an architecture of this library. */
  public static final class Impostor implements ArchitectureProvider {
    @Override
    public Set<String> architectures() {
      return Set.of("DeepseekV3ForCausalLM", "ImpostorForCausalLM");
    }

    @Override
    public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
      throw new AssertionError();
    }
  }

  /** Cannot be made. */
  public static final class Broken implements ArchitectureProvider {
    public Broken() {
      throw new IllegalStateException("no luck");
    }

    @Override
    public Set<String> architectures() {
      throw new AssertionError();
    }

    @Override
    public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
      throw new AssertionError();
    }
  }

  @Test
  void knowsThoseOfThisLibrary() {
    assertEquals(KNOWN, String.join(", ", Architectures.discover().names()));
  }

  @Test
  void knowsThemWhateverTheContextLoaderSees() {
    assertEquals(KNOWN, String.join(", ", Architectures.discover(null).names()));
    ClassLoader blind = ClassLoader.getPlatformClassLoader();
    assertEquals(KNOWN, String.join(", ", Architectures.discover(blind).names()));
  }

  @Test
  void findsOneInAJarOfItsOwnAndClosesTheCheckpointItRefuses() {
    Architectures architectures = Architectures.discover(jarWith(Refusing.class.getName()));
    assertTrue(architectures.names().contains("RefusingForCausalLM"));
    config("['RefusingForCausalLM']");
    new SafetensorsFile().floats("a", new float[1], 1).write(folder.resolve("model.safetensors"));
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> open(architectures));
    assertEquals("refused RefusingForCausalLM", e.getMessage());
    assertEquals(false, Refusing.BYTES.get().scope().isAlive());
  }

  @Test
  void namesTheKnownOnesWhenAskedForAnother() {
    config("['MistralForCausalLM']");
    assertRefused(
        Architectures.discover(),
        folder.resolve("config.json")
            + ": unknown architecture [MistralForCausalLM]; known are "
            + KNOWN
            + ". [MLA-0201]");
    config("[]");
    assertRefused(
        Architectures.discover(),
        folder.resolve("config.json")
            + ": unknown architecture []; known are "
            + KNOWN
            + ". [MLA-0201]");
  }

  @Test
  void refusesOneThatTwoProvide() {
    Architectures architectures = Architectures.discover(jarWith(Impostor.class.getName()));
    config("['DeepseekV3ForCausalLM']");
    assertRefused(
        architectures,
        "Architecture 'DeepseekV3ForCausalLM' is provided 2 times: by"
            + " org.mla4j.models.architecture.ArchitecturesTest$Impostor,"
            + " org.mla4j.models.architecture.deepseek.DeepseekProvider. Remove all but one."
            + " [MLA-0209]");
    // What only one provides is not in doubt.
    Path v2 = TestData.golden("deepseek-v2-lite-tiny");
    architectures.open(v2, ModelConfig.read(v2.resolve("config.json"))).close();
  }

  @Test
  void aProviderThatCannotBeLoadedHidesNoOtherAndIsNamed() {
    Architectures architectures =
        Architectures.discover(
            jarWith("org.example.Missing", Broken.class.getName(), Refusing.class.getName()));
    assertEquals(KNOWN + ", RefusingForCausalLM", String.join(", ", architectures.names()));
    config("['MistralForCausalLM']");
    String provider = "org.mla4j.models.architecture.ArchitectureProvider: Provider ";
    String error = "java.util.ServiceConfigurationError: ";
    assertRefused(
        architectures,
        folder.resolve("config.json")
            + ": unknown architecture [MistralForCausalLM]; known are "
            + KNOWN
            + ", RefusingForCausalLM. Not loaded: "
            + error
            + provider
            + "org.example.Missing not found; "
            + error
            + provider
            + "org.mla4j.models.architecture.ArchitecturesTest$Broken could not be instantiated."
            + " [MLA-0201]");
  }

  @Test
  void aPluginJarThatCannotBeReadIsNamed() throws IOException {
    Path jar = Files.writeString(folder.resolve("broken.jar"), "no zip at all");
    config("['MistralForCausalLM']");
    try (PluginFolder plugins = PluginFolder.open(folder, getClass().getClassLoader())) {
      assertRefused(
          Architectures.discover(plugins),
          folder.resolve("config.json")
              + ": unknown architecture [MistralForCausalLM]; known are "
              + KNOWN
              + ". Not loaded: "
              + jar
              + " cannot be read as a jar: zip END header not found. [MLA-0201]");
    }
  }

  @Test
  void aModelIsOpenedWithTheLoaderOfItsOptions() {
    config("['RefusingForCausalLM']");
    new SafetensorsFile().floats("a", new float[1], 1).write(folder.resolve("model.safetensors"));
    LoadOptions options =
        LoadOptions.builder().pluginLoader(jarWith(Refusing.class.getName())).build();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> LanguageModel.open(folder, options));
    assertEquals("refused RefusingForCausalLM", e.getMessage());
  }

  /** On the class path the services file counts, on the module path the descriptor. */
  @Test
  void theModuleProvidesWhatTheServicesFileLists() throws Exception {
    Path classes =
        Path.of(Architectures.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    ModuleDescriptor module =
        ModuleFinder.of(classes).find("org.mla4j.models").orElseThrow().descriptor();
    Set<String> provided = new HashSet<>();
    module.provides().stream()
        .filter(each -> each.service().equals(ArchitectureProvider.class.getName()))
        .forEach(each -> provided.addAll(each.providers()));
    Path services = classes.resolve("META-INF/services");
    assertEquals(
        provided,
        Set.copyOf(Files.readAllLines(services.resolve(ArchitectureProvider.class.getName()))));
  }

  private void config(String architectures) {
    try {
      Files.writeString(
          folder.resolve("config.json"),
          "{\"architectures\": " + architectures.replace('\'', '"') + "}");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private ModelDefinition open(Architectures architectures) {
    return architectures.open(folder, ModelConfig.read(folder.resolve("config.json")));
  }

  private void assertRefused(Architectures architectures, String message) {
    ModelException e = assertThrows(ModelException.class, () -> open(architectures).close());
    assertEquals(message, e.getMessage());
  }

  private ClassLoader jarWith(String... providers) {
    try {
      Path services = Files.createDirectories(folder.resolve("jar/META-INF/services"));
      Files.write(services.resolve(ArchitectureProvider.class.getName()), List.of(providers));
      URL jar = folder.resolve("jar").toUri().toURL();
      return new URLClassLoader(new URL[] {jar}, getClass().getClassLoader());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
