package org.mla4j.core.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.options.EngineOptions;

/** What one backend of one engine is offered. */
record BackendContext(
    String backend,
    StepLimits limits,
    ParallelFor parallel,
    EngineOptions engine,
    Arena arena,
    MemoryLedger ledger)
    implements EngineContext {
  @Override
  public boolean deterministic() {
    return engine.deterministic();
  }

  @Override
  public ExecutionMode execution() {
    return engine.execution();
  }

  @Override
  public Map<String, String> options() {
    return engine.optionsOf(backend);
  }

  @Override
  public Optional<Path> cacheFolder() {
    return Optional.ofNullable(engine.cacheFolder());
  }

  @Override
  public ProgressListener progress() {
    return engine.progress();
  }

  @Override
  public MemorySegment allocate(String purpose, long bytes) {
    return ledger.allocate(arena, backend + ": " + purpose, bytes);
  }
}
