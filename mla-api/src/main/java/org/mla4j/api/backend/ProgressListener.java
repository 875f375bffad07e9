package org.mla4j.api.backend;

/**
 * Told about work that takes long. Calls come from the thread that does the work and should return
 * at once.
 */
@FunctionalInterface
public interface ProgressListener {
  /** A listener that ignores everything. */
  ProgressListener NONE = (phase, done, total) -> {};

  /**
   * Tells how far a phase got.
   *
   * @param phase what is done, for example {@code weights}
   * @param done how much is done, in units of the phase
   * @param total how much there is; equal to {@code done} in the last call of a phase
   */
  void progress(String phase, long done, long total);
}
