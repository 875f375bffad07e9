package org.mla4j.core.registry;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.diagnosis.Diagnosis.BackendReport;

/**
 * A provider as discovery found it, broken ones included.
 *
 * @param name its name; that of the class or the jar if it could not tell
 * @param version its version; empty if it could not tell
 * @param source the jar or folder it came from
 * @param spiLevel the level it was built for; 0 if it could not tell
 * @param priority who goes first
 * @param probe what it found; what went wrong, for a broken one
 * @param provider the provider; null for a broken one
 */
public record FoundBackend(
    String name,
    String version,
    String source,
    int spiLevel,
    int priority,
    Probe probe,
    @Nullable BackendProvider provider) {
  /**
   * Tells whether it can be opened.
   *
   * @return true if the probe found what it needs
   */
  public boolean usable() {
    return provider != null && probe instanceof Probe.Available;
  }

  /**
   * Tells whether it keeps the promise of deterministic mode.
   *
   * @return true if the probe claims so
   */
  public boolean deterministic() {
    return probe instanceof Probe.Available available && available.deterministic();
  }

  /**
   * Returns what the probe said.
   *
   * @return what was found, or why it is not usable
   */
  public String detail() {
    return switch (probe) {
      case Probe.Available available -> available.found();
      case Probe.Unavailable unavailable -> unavailable.reason();
    };
  }

  /**
   * Returns this as part of a diagnosis.
   *
   * @return the report
   */
  public BackendReport report() {
    return new BackendReport(name, version, source, spiLevel, priority, usable(), detail());
  }

  static FoundBackend broken(String name, String source, String reason) {
    return new FoundBackend(name, "", source, 0, 0, new Probe.Unavailable(reason), null);
  }
}
