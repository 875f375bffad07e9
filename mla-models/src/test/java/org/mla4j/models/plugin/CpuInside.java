package org.mla4j.models.plugin;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.cpu.CpuBackendProvider;

/** A backend that leaves the arithmetic to one of its own that is {@code cpu}. */
abstract class CpuInside implements Backend {
  private final Backend cpu;

  CpuInside(EngineContext context) {
    cpu = new CpuBackendProvider().open(new WithoutOptions(context));
  }

  final Backend cpu() {
    return cpu;
  }

  @Override
  public final Set<String> features() {
    return cpu.features();
  }

  @Override
  public final void prepare(StepDescription step) {
    cpu.prepare(step);
  }

  @Override
  public final boolean canReloadWeights() {
    return cpu.canReloadWeights();
  }

  @Override
  public final void reloadWeights() {
    cpu.reloadWeights();
  }

  @Override
  public final void close() {
    cpu.close();
  }

  /** The options are the plug-in's, not those of {@code cpu}. */
  private record WithoutOptions(EngineContext context) implements EngineContext {
    @Override
    public StepLimits limits() {
      return context.limits();
    }

    @Override
    public ParallelFor parallel() {
      return context.parallel();
    }

    @Override
    public boolean deterministic() {
      return context.deterministic();
    }

    @Override
    public Map<String, String> options() {
      return Map.of();
    }

    @Override
    public Optional<Path> cacheFolder() {
      return context.cacheFolder();
    }

    @Override
    public ProgressListener progress() {
      return context.progress();
    }

    @Override
    public MemorySegment allocate(String purpose, long bytes) {
      return context.allocate(purpose, bytes);
    }
  }
}
