package org.mla4j.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.backend.BackendProvider;

/**
 * A class loader that sees providers as if a jar with their services file were on the class path.
 */
public final class PluginLoader extends ClassLoader {
  private static final String SERVICES = "META-INF/services/" + BackendProvider.class.getName();

  private final Path file;

  private PluginLoader(ClassLoader parent, Path file) {
    super(parent);
    this.file = file;
  }

  /** Sees the named providers beside those of the class path. */
  @SafeVarargs
  public static PluginLoader beside(Path folder, Class<? extends BackendProvider>... providers) {
    return of(folder, Arrays.stream(providers).map(Class::getName).toList());
  }

  /** Sees a services file of these lines beside those of the class path. */
  public static PluginLoader lines(Path folder, String... lines) {
    return of(folder, List.of(lines));
  }

  private static PluginLoader of(Path folder, List<String> lines) {
    try {
      Path file = folder.resolve("services-" + System.nanoTime());
      Files.writeString(file, lines.stream().collect(Collectors.joining("\n")));
      return new PluginLoader(PluginLoader.class.getClassLoader(), file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    if (!name.equals(SERVICES)) {
      return super.getResources(name);
    }
    List<URL> found = Collections.list(super.getResources(name));
    found.addFirst(file.toUri().toURL());
    return Collections.enumeration(found);
  }
}
