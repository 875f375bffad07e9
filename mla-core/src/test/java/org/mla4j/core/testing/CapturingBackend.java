package org.mla4j.core.testing;

import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.GraphSupport;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.CpuBackendProvider;

/**
 * A plug-in that runs some ops as {@code cpu} does, counts what it is asked for, and captures as
 * far as its option {@code captures} says. Its state is static: a test looks at it from outside.
 */
public final class CapturingBackend extends PluginBase {
  /** How often {@code supports} was asked. */
  public static int supports;

  /** How often metadata was made. */
  public static int prepares;

  /** How many graphs were captured. */
  public static int captures;

  /** How many of them are open. */
  public static int open;

  /** How often a graph was replayed. */
  public static int replays;

  /** What its graphs take for constant. */
  public static long baked;

  /** Whether its graphs fail when they are replayed. */
  public static boolean breaks;

  /** The largest number of rows of a graph that was replayed last. */
  public static int rows;

  /** Sets all counts to 0. */
  public static void reset() {
    supports = 0;
    prepares = 0;
    captures = 0;
    open = 0;
    replays = 0;
    baked = 0;
    rows = 0;
    breaks = false;
  }

  @Override
  public String name() {
    return "capturing";
  }

  @Override
  public Backend open(EngineContext context) {
    Set<String> ops = Set.of(context.options().getOrDefault("ops", "rms_norm").split("\\+"));
    GraphSupport level = GraphSupport.valueOf(context.options().getOrDefault("captures", "DECODE"));
    Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
    return new Backend() {
      @Override
      public Set<String> ops() {
        return ops;
      }

      @Override
      public Support supports(Op op) {
        supports++;
        return cpu.supports(op);
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        return cpu.create(op, bindings);
      }

      @Override
      public void prepare(StepDescription step) {
        prepares++;
      }

      @Override
      public GraphSupport graphSupport() {
        return level;
      }

      @Override
      public Graph capture(GraphRequest request) {
        if (context.options().containsKey("fails")) {
          throw new IllegalStateException("out of graph memory");
        }
        captures++;
        open++;
        return new CountingGraph(cpu.capture(request), request.rows());
      }

      @Override
      public void close() {
        cpu.close();
      }
    };
  }

  private static final class CountingGraph implements Graph {
    private final Graph inner;
    private final int capturedRows;
    private boolean closed;

    CountingGraph(Graph inner, int capturedRows) {
      this.inner = inner;
      this.capturedRows = capturedRows;
    }

    @Override
    public List<GraphArgument> arguments() {
      return List.of(GraphArgument.baked("factor", () -> baked), GraphArgument.refreshed("rows"));
    }

    @Override
    public void update(StepDescription step) {
      inner.update(step);
    }

    @Override
    public void replay(Queue queue) {
      if (breaks) {
        throw new IllegalStateException("lost the device");
      }
      replays++;
      rows = capturedRows;
      inner.replay(queue);
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        open--;
        inner.close();
      }
    }
  }
}
