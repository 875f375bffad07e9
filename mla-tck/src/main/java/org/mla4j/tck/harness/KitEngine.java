package org.mla4j.tck.harness;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.step.StepLimits;

/** The engine that a backend is opened for: threads of its own, memory that is counted. */
public final class KitEngine implements EngineContext, AutoCloseable {
  private final StepLimits limits;
  private final Map<String, String> options;
  private final KitThreads threads;
  private final boolean deterministic;
  private final ExecutionMode execution;
  private final Arena arena = Arena.ofShared();
  private final AtomicLong allocated = new AtomicLong();

  KitEngine(
      StepLimits limits,
      Map<String, String> options,
      int threads,
      boolean deterministic,
      ExecutionMode execution) {
    this.limits = limits;
    this.options = options;
    this.threads = new KitThreads(threads);
    this.deterministic = deterministic;
    this.execution = execution;
  }

  /** Bytes that were allocated so far. */
  public long allocated() {
    return allocated.get();
  }

  /** The threads beside the caller's. */
  public Thread[] helpers() {
    return threads.helpers();
  }

  @Override
  public StepLimits limits() {
    return limits;
  }

  @Override
  public ParallelFor parallel() {
    return threads;
  }

  @Override
  public boolean deterministic() {
    return deterministic;
  }

  @Override
  public ExecutionMode execution() {
    return execution;
  }

  @Override
  public Map<String, String> options() {
    return options;
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
    Failure.unless(
        purpose != null && !purpose.isBlank(),
        () -> "memory of " + bytes + " bytes was allocated for '" + purpose + "'; expected a name");
    allocated.addAndGet(bytes);
    return arena.allocate(bytes, 64);
  }

  /** Frees the memory and ends the threads; the backend must be closed before. */
  @Override
  public void close() {
    threads.close();
    arena.close();
  }
}
