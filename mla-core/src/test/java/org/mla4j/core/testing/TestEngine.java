package org.mla4j.core.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.step.StepLimits;

/**
 * The least engine that a backend can be opened in.
 *
 * @param limits the largest step
 * @param parallel the threads
 * @param options what the user set for the backend
 * @param deterministic whether results must not depend on other rows of a step
 */
public record TestEngine(
    StepLimits limits, ParallelFor parallel, Map<String, String> options, boolean deterministic)
    implements EngineContext {
  /** An engine in default mode. */
  public TestEngine(StepLimits limits, ParallelFor parallel, Map<String, String> options) {
    this(limits, parallel, options, false);
  }

  /** An engine of one thread, without options. */
  public static TestEngine of(StepLimits limits) {
    return new TestEngine(limits, TestParallel.sequential(), Map.of());
  }

  @Override
  public Optional<Path> cacheFolder() {
    return Optional.empty();
  }

  @Override
  public ProgressListener progress() {
    return ProgressListener.NONE;
  }

  @Override
  public MemorySegment allocate(String purpose, long bytes) {
    return Arena.ofAuto().allocate(bytes, 64);
  }
}
