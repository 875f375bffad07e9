package org.mla4j.core.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.core.testing.PluginLoader;

class BackendRegistryTest {
  @TempDir Path folder;

  @Test
  void findsTheBundledBackend() {
    BackendRegistry registry = BackendRegistry.discover(null);
    assertEquals(List.of("cpu"), registry.all().stream().map(FoundBackend::name).toList());
    assertTrue(registry.require("cpu").usable());
  }

  @Test
  void asksByPriorityAndTheBundledOneLast() {
    BackendRegistry registry =
        BackendRegistry.discover(PluginLoader.beside(folder, Low.class, High.class));
    assertEquals(
        List.of("high", "low", "cpu"), registry.usable().stream().map(FoundBackend::name).toList());
  }

  @Test
  void listsBrokenProvidersWithTheirReasonsAndKeepsTheOthers() {
    ClassLoader loader =
        PluginLoader.lines(
            folder,
            "org.example.Missing",
            "org.example.AlsoMissing",
            BadName.class.getName(),
            ThrowsWhenMade.class.getName(),
            ThrowsWhenProbed.class.getName(),
            TooNew.class.getName(),
            TooOld.class.getName(),
            NoDevice.class.getName(),
            High.class.getName());
    BackendRegistry registry = BackendRegistry.discover(loader);
    assertEquals(
        List.of("high", "cpu"), registry.usable().stream().map(FoundBackend::name).toList());
    assertDetail(registry, "(unreadable provider)", "org.example.Missing not found");
    assertDetail(registry, ThrowsWhenMade.class.getName(), "threw while it was found or probed:");
    assertDetail(registry, ThrowsWhenMade.class.getName(), "no library");
    assertDetail(
        registry,
        ThrowsWhenProbed.class.getName(),
        "threw while it was found or probed: java.lang.IllegalStateException: driver too old");
    assertDetail(
        registry,
        "too-new",
        "built for SPI level 99, newer than level 1 of this version: update MLA4J.");
    assertDetail(
        registry,
        "too-old",
        "built for SPI level 0, older than level 1, the oldest this version loads: update the backend.");
    assertDetail(registry, "no-device", "No device was found.");
    assertDetail(
        registry,
        BadName.class.getName(),
        "its name is 'auto'; expected lower-case letters, digits and hyphens, not 'auto'.");
  }

  @Test
  void anUnknownNameListsWhatThereIsAndWhyTheRestIsNot() {
    BackendRegistry registry =
        BackendRegistry.discover(PluginLoader.beside(folder, NoDevice.class, High.class));
    BackendException e = assertThrows(BackendException.class, () -> registry.require("ascend"));
    assertEquals(ErrorCode.UNKNOWN_BACKEND, e.code());
    assertEquals(
        "No backend named 'ascend'. Available: 'high' (priority 20), 'no-device' (not usable: No device was found.),"
            + " 'cpu' (priority 0). Add the vendor's jar to the class path or module path, or choose another backend."
            + " [MLA-0101]",
        e.getMessage());
  }

  @Test
  void anUnusableNameSaysWhyAndWhereItCameFrom() {
    BackendRegistry registry =
        BackendRegistry.discover(PluginLoader.beside(folder, NoDevice.class));
    BackendException e = assertThrows(BackendException.class, () -> registry.require("no-device"));
    String source = NoDevice.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    assertEquals(
        "Backend 'no-device' ("
            + source
            + ") is not usable: No device was found. Available: 'no-device' (not usable: No"
            + " device was found.), 'cpu' (priority 0). [MLA-0103]",
        e.getMessage());
  }

  @Test
  void twoOfOneNameAreRefusedWithBothPlaces() {
    BackendRegistry registry =
        BackendRegistry.discover(PluginLoader.beside(folder, High.class, AlsoHigh.class));
    String source = High.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    BackendException e = assertThrows(BackendException.class, registry::usable);
    assertEquals(
        "Two backends are named 'high': "
            + source
            + " and "
            + source
            + ". Remove one of them. [MLA-0106]",
        e.getMessage());
  }

  @Test
  void noProviderAtAllExplainsMergedServicesFiles() {
    // Hides every services file, as a shaded jar does that overwrote them.
    ClassLoader blind =
        new ClassLoader(getClass().getClassLoader()) {
          @Override
          public Enumeration<URL> getResources(String name) {
            return Collections.emptyEnumeration();
          }
        };
    BackendRegistry registry = BackendRegistry.discover(blind, blind);
    BackendException e = assertThrows(BackendException.class, () -> registry.require("cpu"));
    assertEquals(
        "No backend provider was found, not even the bundled 'cpu'. If the application is packed into one jar, its"
            + " META-INF/services files were probably overwritten instead of merged: append all files named"
            + " org.mla4j.api.backend.BackendProvider (Maven Shade: ServicesResourceTransformer; Gradle Shadow:"
            + " mergeServiceFiles()). On the module path, resolve the module org.mla4j.core. [MLA-0102]",
        e.getMessage());
  }

  private static void assertDetail(BackendRegistry registry, String name, String part) {
    FoundBackend found =
        registry.all().stream()
            .filter(backend -> backend.name().equals(name))
            .findFirst()
            .orElseThrow();
    assertFalse(found.usable());
    assertTrue(found.detail().contains(part), found.detail());
  }

  /** A provider that works and does nothing. */
  public abstract static class Base implements BackendProvider {
    private final String name;
    private final int priority;

    Base(String name, int priority) {
      this.name = name;
      this.priority = priority;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String version() {
      return "1.2";
    }

    @Override
    public int spiLevel() {
      return 1;
    }

    @Override
    public int priority() {
      return priority;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("one device", true);
    }

    @Override
    public Backend open(EngineContext context) {
      return () -> {};
    }
  }

  /** Asked first. */
  public static final class High extends Base {
    public High() {
      super("high", 20);
    }
  }

  /** Another jar with the same name. */
  public static final class AlsoHigh extends Base {
    public AlsoHigh() {
      super("high", 5);
    }
  }

  /** Asked after {@link High}, before cpu even though its priority is lower. */
  public static final class Low extends Base {
    public Low() {
      super("low", -5);
    }
  }

  /** Finds nothing. */
  public static final class NoDevice extends Base {
    public NoDevice() {
      super("no-device", 10);
    }

    @Override
    public Probe probe() {
      return new Probe.Unavailable("No device was found.");
    }
  }

  /** Cannot be made. */
  public static final class ThrowsWhenMade extends Base {
    public ThrowsWhenMade() {
      super("throws", 10);
      throw new UnsatisfiedLinkError("no library");
    }
  }

  /** Breaks the rule that not finding anything is an answer. */
  public static final class ThrowsWhenProbed extends Base {
    public ThrowsWhenProbed() {
      super("throws", 10);
    }

    @Override
    public Probe probe() {
      throw new IllegalStateException("driver too old");
    }
  }

  /** Built for a later version. */
  public static final class TooNew extends Base {
    public TooNew() {
      super("too-new", 10);
    }

    @Override
    public int spiLevel() {
      return 99;
    }
  }

  /** Built for a version that is no longer loaded. */
  public static final class TooOld extends Base {
    public TooOld() {
      super("too-old", 10);
    }

    @Override
    public int spiLevel() {
      return 0;
    }
  }

  /** Cannot be chosen by its name. */
  public static final class BadName extends Base {
    public BadName() {
      super("auto", 10);
    }
  }
}
