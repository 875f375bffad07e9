package org.mla4j.api.diagnosis;

import java.util.List;

/**
 * What the engine finds in this process: one report to paste into a question.
 *
 * @param version version of MLA4J
 * @param jvm name and version of the JVM
 * @param system operating system and architecture
 * @param processors processors the JVM may use
 * @param vector the state of the Vector API
 * @param backends all providers found, broken ones included, by descending priority
 */
public record Diagnosis(
    String version,
    String jvm,
    String system,
    int processors,
    VectorSupport vector,
    List<BackendReport> backends) {
  /** Copies the list. */
  public Diagnosis {
    backends = List.copyOf(backends);
  }

  /**
   * Whether vector kernels can run.
   *
   * @param usable true if they can
   * @param bits width of a vector register as used; 0 if not usable
   * @param detail what was found, or what is missing and how to enable it
   */
  public record VectorSupport(boolean usable, int bits, String detail) {}

  /**
   * One provider.
   *
   * @param name its name; that of the class or the jar if it could not tell
   * @param version its version; empty if it could not tell
   * @param source the jar or folder it came from
   * @param spiLevel the level it was built for; 0 if it could not tell
   * @param priority who goes first
   * @param usable whether it can be opened
   * @param detail what it found, or why it is not usable
   */
  public record BackendReport(
      String name,
      String version,
      String source,
      int spiLevel,
      int priority,
      boolean usable,
      String detail) {}
}
