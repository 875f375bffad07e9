package org.mla4j.models.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** What the operating system says of the memory of this process. */
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private ProcessMemory() {}

  /** The most memory that this process ever had, pages of mapped files included; Linux says so. */
  static OptionalLong peak() {
    try {
      return Files.isReadable(STATUS) ? peak(Files.readAllLines(STATUS)) : OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty(); // nobody needs it: it is only told
    }
  }

  static OptionalLong peak(List<String> status) {
    for (String line : status) {
      if (line.startsWith(PEAK) && line.endsWith(" kB")) {
        String number = line.substring(PEAK.length(), line.length() - " kB".length()).strip();
        return OptionalLong.of(1024 * Long.parseLong(number));
      }
    }
    return OptionalLong.empty();
  }
}
