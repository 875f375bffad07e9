package org.mla4j.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.diagnosis.Diagnosis.BackendReport;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.registry.BackendRegistry;
import org.mla4j.core.runner.Diagnostics;

class PluginFolderTest {
  private static final ClassLoader PARENT = PluginFolderTest.class.getClassLoader();

  @TempDir private Path folder;

  @Test
  void whatTheJarsProvideIsFoundBesideOurOwn() {
    ProviderJar.write(folder.resolve("one.jar"), "first", 20);
    ProviderJar.write(folder.resolve("two.jar"), "second", 10);
    try (PluginFolder plugins = PluginFolder.open(folder, PARENT)) {
      assertEquals(List.of(), plugins.unreadable());
      List<BackendReport> found = Diagnostics.diagnose(plugins).backends();
      assertEquals(
          List.of("first", "second", "cpu"), found.stream().map(BackendReport::name).toList());
      assertEquals(folder.resolve("two.jar").toString(), found.get(1).source());
      assertTrue(found.stream().allMatch(BackendReport::usable));
    }
  }

  @Test
  void aJarMayUseAnother() {
    ProviderJar.writeSplit(folder.resolve("a.jar"), folder.resolve("b.jar"), "split");
    try (PluginFolder plugins = PluginFolder.open(folder, PARENT)) {
      assertTrue(BackendRegistry.discover(plugins).require("split").usable());
    }
  }

  @Test
  void aBrokenJarIsNamedAndHidesNoOther() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.jar"), "no zip at all");
    ProviderJar.write(folder.resolve("sound.jar"), "sound", 10);
    try (PluginFolder plugins = PluginFolder.open(folder, PARENT)) {
      String reason = "cannot be read as a jar: zip END header not found";
      assertEquals(List.of(new PluginFolder.UnreadableJar(broken, reason)), plugins.unreadable());
      List<BackendReport> found = Diagnostics.diagnose(plugins).backends();
      assertEquals(
          List.of("sound", "broken.jar", "cpu"), found.stream().map(BackendReport::name).toList());
      assertEquals(
          new BackendReport("broken.jar", "", broken.toString(), 0, 0, false, reason),
          found.get(1));
      BackendException e =
          assertThrows(
              BackendException.class, () -> BackendRegistry.discover(plugins).require("npu"));
      assertTrue(
          e.getMessage().contains("'broken.jar' (not usable: " + reason + ")"), e.getMessage());
    }
  }

  @Test
  void onlyFilesThatEndInJarCount() throws IOException {
    Files.createDirectories(folder.resolve("inner.jar"));
    Files.writeString(folder.resolve("README.md"), "not a jar");
    assertFalse(PluginFolder.hasJars(folder));
    assertRefused(
        folder,
        "Plug-in folder '" + folder + "' has no file *.jar; expected a folder with plug-in jars.");
    ProviderJar.write(folder.resolve("inner.jar").resolve("deep.jar"), "deep", 10);
    assertFalse(PluginFolder.hasJars(folder));
    ProviderJar.write(folder.resolve("one.jar"), "first", 10);
    assertTrue(PluginFolder.hasJars(folder));
  }

  @Test
  void aFolderThatIsNoneIsRefused() throws IOException {
    Path missing = folder.resolve("missing");
    assertFalse(PluginFolder.hasJars(missing));
    assertRefused(
        missing,
        "Plug-in folder '" + missing + "' does not exist; expected a folder with plug-in jars.");
    Path file = Files.writeString(folder.resolve("file"), "");
    String message =
        "Plug-in folder '" + file + "' is no folder; expected a folder with plug-in jars.";
    assertRefused(file, message);
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> PluginFolder.hasJars(file));
    assertEquals(message + " [MLA-0401]", e.getMessage());
  }

  @Test
  void aClosedFolderGivesNothingMore() {
    ProviderJar.write(folder.resolve("one.jar"), "first", 10);
    PluginFolder plugins = PluginFolder.open(folder, PARENT);
    plugins.close();
    plugins.close();
    URL services = plugins.findResource(ProviderJar.SERVICES);
    assertNull(services);
  }

  private static void assertRefused(Path given, String message) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> PluginFolder.open(given, PARENT));
    assertEquals(ErrorCode.INVALID_REQUEST, e.code());
    assertEquals(message + " [MLA-0401]", e.getMessage());
  }
}
