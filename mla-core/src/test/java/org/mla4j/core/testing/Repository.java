package org.mla4j.core.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the repository is, however the tests were started. */
public final class Repository {
  private Repository() {}

  /** The folder that holds {@code testdata}. */
  public static Path root() {
    String given = System.getProperty("mla.repository");
    if (given != null) {
      return Path.of(given);
    }
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve("testdata"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "No folder with testdata above "
            + Path.of("").toAbsolutePath()
            + "; set -Dmla.repository.");
  }
}
