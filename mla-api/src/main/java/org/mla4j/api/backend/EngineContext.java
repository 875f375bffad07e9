package org.mla4j.api.backend;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.mla4j.api.step.StepLimits;

/**
 * What an engine offers a backend that it opens. Valid until the backend is closed.
 *
 * <p>Threading: used by the thread that opens the backend and creates kernels, but for {@link
 * #parallel()}.
 */
public interface EngineContext {
  /**
   * Returns the largest step there will be.
   *
   * @return the limits
   */
  StepLimits limits();

  /**
   * Returns the engine's threads.
   *
   * @return the parallel loop
   */
  ParallelFor parallel();

  /**
   * Tells whether results must not depend on who else is in a step, how a prompt is cut, or the
   * block size. A backend that cannot promise that says so when it is probed and is not opened for
   * such an engine.
   *
   * @return true in deterministic mode
   */
  boolean deterministic();

  /**
   * Returns how the engine runs its steps: some kernels suit one mode only.
   *
   * @return the mode
   */
  default ExecutionMode execution() {
    return ExecutionMode.EAGER;
  }

  /**
   * Returns options the user set for this backend, for example {@code vector=off} of {@code
   * cpu:vector=off}.
   *
   * @return name to value, without the backend's name
   */
  Map<String, String> options();

  /**
   * Returns a folder for compiled programs and the like, shared with other processes.
   *
   * @return the folder, which may not exist yet; empty if nothing may be written
   */
  Optional<Path> cacheFolder();

  /**
   * Returns who is told about long work.
   *
   * @return the listener
   */
  ProgressListener progress();

  /**
   * Allocates zeroed host memory that lives until the backend is closed, and accounts for it. May
   * be called by several threads at once.
   *
   * @param purpose what it is for, shown in reports
   * @param bytes how much
   * @return memory aligned to 64 bytes that all engine threads may use
   */
  MemorySegment allocate(String purpose, long bytes);
}
