package org.mla4j.core.testing;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.cpu.CpuBackendProvider;

/**
 * A provider that runs every op as {@code cpu} does, and lets a test look at each call before it
 * happens, or throw.
 */
public abstract class DelegatingBackend implements BackendProvider {
  private final CpuBackendProvider cpu = new CpuBackendProvider();

  /**
   * Called before each kernel.
   *
   * @param op what is about to run
   * @param step the step
   * @param context the engine's, with its options
   */
  protected void before(Op op, StepDescription step, EngineContext context) {}

  /** Runs a kernel, now or later. */
  protected void launch(Kernel kernel, StepDescription step) {
    kernel.forward(step, Queue.SYNCHRONOUS);
  }

  /** Where what was launched can be waited for. */
  protected Queue queue() {
    return Queue.SYNCHRONOUS;
  }

  /** What {@code canReloadWeights} answers. */
  protected boolean canReload(Backend inner) {
    return inner.canReloadWeights();
  }

  /** What {@code reloadWeights} does. */
  protected void reload(Backend inner) {
    inner.reloadWeights();
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public int spiLevel() {
    return SPI_LEVEL;
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public Probe probe() {
    return new Probe.Available("what cpu has", true);
  }

  @Override
  public Backend open(EngineContext context) {
    Backend inner = cpu.open(new WithoutOptions(context));
    return new Backend() {
      @Override
      public Queue queue() {
        return DelegatingBackend.this.queue();
      }

      @Override
      public Set<String> ops() {
        return inner.ops();
      }

      @Override
      public Set<String> features() {
        return inner.features();
      }

      @Override
      public Support supports(Op op) {
        return inner.supports(op);
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        Kernel kernel = inner.create(op, bindings);
        return new Kernel() {
          @Override
          public void forward(StepDescription step, Queue queue) {
            before(op, step, context);
            launch(kernel, step);
          }

          @Override
          public void close() {
            kernel.close();
          }
        };
      }

      @Override
      public boolean canReloadWeights() {
        return canReload(inner);
      }

      @Override
      public void reloadWeights() {
        reload(inner);
      }

      @Override
      public void close() {
        inner.close();
      }
    };
  }

  /** The same engine for {@code cpu}, which does not know the options of a plug-in. */
  public static EngineContext withoutOptions(EngineContext context) {
    return new WithoutOptions(context);
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
    public ExecutionMode execution() {
      return context.execution();
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
