package org.mla4j.models.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Asks Linux how much of a mapped file is resident in this process. */
public final class ResidentPages {
  private ResidentPages() {}

  /** Bytes of all mappings of the file. */
  public static long of(Path file) {
    try {
      long kibibytes = 0;
      boolean ofFile = false;
      for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
        if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
          ofFile = line.endsWith(file.toRealPath().toString());
        } else if (ofFile && line.startsWith("Rss:")) {
          kibibytes += Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      return kibibytes << 10;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
