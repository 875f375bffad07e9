package org.mla4j.tck.plain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.mla4j.api.backend.BackendProvider;

/** Sees the plain backend as if its jar were on the class path. */
final class ProviderLoader extends ClassLoader {
  private static final String SERVICES = "META-INF/services/" + BackendProvider.class.getName();

  private final Path file;

  ProviderLoader(Path folder) {
    super(ProviderLoader.class.getClassLoader());
    try {
      file = Files.writeString(folder.resolve("services"), PlainBackendProvider.class.getName());
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
