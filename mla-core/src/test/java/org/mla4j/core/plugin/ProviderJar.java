package org.mla4j.core.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.BackendProvider;

/** Jars of backends that are nowhere on the class path: compiled when they are written. */
final class ProviderJar {
  static final String SERVICES = "META-INF/services/" + BackendProvider.class.getName();

  private static final String PROVIDER =
      """
      package %1$s;

      import org.mla4j.api.backend.*;

      public final class Provider implements BackendProvider {
        public String name() { return Name.NAME; }
        public String version() { return "1.0"; }
        public int spiLevel() { return 1; }
        public int priority() { return %2$d; }
        public Probe probe() { return new Probe.Available("nothing needed", true); }
        public Backend open(EngineContext context) { return () -> {}; }
      }
      """;
  private static final String NAME =
      """
      package %1$s;

      final class Name {
        static final String NAME = new String("%1$s");
      }
      """;

  private ProviderJar() {}

  /** Writes a jar with a backend that has nothing. */
  static void write(Path jar, String name, int priority) {
    Path classes = compile(jar.getParent(), name, priority);
    pack(jar, classes, List.of(name + "/Name.class", name + "/Provider.class"), name);
  }

  /** Writes a backend whose classes are in two jars. */
  static void writeSplit(Path provider, Path rest, String name) {
    Path classes = compile(provider.getParent(), name, 10);
    pack(provider, classes, List.of(name + "/Provider.class"), name);
    pack(rest, classes, List.of(name + "/Name.class"), null);
  }

  private static Path compile(Path folder, String name, int priority) {
    try {
      Path sources = Files.createDirectories(folder.resolve("sources").resolve(name));
      Path provider = sources.resolve("Provider.java");
      Path naming = sources.resolve("Name.java");
      Files.writeString(provider, PROVIDER.formatted(name, priority));
      Files.writeString(naming, NAME.formatted(name));
      Path classes = folder.resolve("classes");
      int status =
          ToolProvider.getSystemJavaCompiler()
              .run(
                  null,
                  null,
                  null,
                  "-proc:none",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "-d",
                  classes.toString(),
                  provider.toString(),
                  naming.toString());
      if (status != 0) {
        throw new AssertionError("javac: " + status);
      }
      return classes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pack(Path jar, Path classes, List<String> files, @Nullable String provider) {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (String file : files) {
        zip.putNextEntry(new ZipEntry(file));
        Files.copy(classes.resolve(file), zip);
      }
      if (provider != null) {
        zip.putNextEntry(new ZipEntry(SERVICES));
        zip.write((provider + ".Provider").getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
