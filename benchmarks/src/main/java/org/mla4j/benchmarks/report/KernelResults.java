package org.mla4j.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps of JMH's results what the report shows, a tenth of their size. */
final class KernelResults {
  private KernelResults() {}

  /**
   * Converts a file.
   *
   * @param args what JMH wrote with {@code -rf json}, and the file to write
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("Usage: KernelResults JMH.json KERNELS.json");
      System.exit(2);
    }
    String kept =
        Results.json().writeValueAsString(Results.kept(Results.json().readTree(Path.of(args[0]))));
    Files.writeString(Path.of(args[1]), kept + "\n");
  }
}
