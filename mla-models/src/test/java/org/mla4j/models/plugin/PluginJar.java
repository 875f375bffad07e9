package org.mla4j.models.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mla4j.api.backend.BackendProvider;

/** A class path entry whose services file names providers, as a vendor's jar has one. */
public final class PluginJar {
  private PluginJar() {}

  /** Makes one in an empty folder. */
  @SafeVarargs
  public static ClassLoader with(Path folder, Class<? extends BackendProvider>... providers) {
    try {
      Path services = folder.resolve("META-INF/services");
      Files.createDirectories(services);
      Files.write(
          services.resolve(BackendProvider.class.getName()),
          List.of(providers).stream().map(Class::getName).toList());
      return new URLClassLoader(
          new URL[] {folder.toUri().toURL()}, PluginJar.class.getClassLoader());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
