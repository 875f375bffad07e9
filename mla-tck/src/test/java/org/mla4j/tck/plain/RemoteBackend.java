package org.mla4j.tck.plain;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.GraphSupport;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.step.StepDescription;

/**
 * The plain backend on a device of its own: memory that only it reaches, and a queue whose work is
 * done when somebody waits for it.
 */
final class RemoteBackend implements Backend {
  private final Backend plain;
  private final RemoteQueue queue = new RemoteQueue();
  private final RemoteMemory memory;
  private final Set<String> without;
  private final Mistakes mistakes;

  RemoteBackend(Backend plain, EngineContext engine, Set<String> without, Mistakes mistakes) {
    this.plain = plain;
    this.memory = new RemoteMemory(engine, queue, mistakes);
    this.without = without;
    this.mistakes = mistakes;
  }

  /** Submits what it stands for. */
  private final class Submitted implements PluggableLayer {
    private final Kernel kernel;

    Submitted(Kernel kernel) {
      this.kernel = kernel;
    }

    @Override
    public void forward(StepDescription step, Queue given) {
      queue.submit(kernel, step);
    }

    @Override
    public void close() {
      queue.drain();
      kernel.close();
    }
  }

  @Override
  public Queue queue() {
    return queue;
  }

  @Override
  public String device() {
    return RemoteStorage.DEVICE;
  }

  @Override
  public Optional<DeviceMemory> memory() {
    return mistakes.include(Mistake.DEVICE_WITHOUT_MEMORY) ? Optional.empty() : Optional.of(memory);
  }

  @Override
  public Set<String> ops() {
    Set<String> types = new java.util.TreeSet<>(plain.ops());
    types.removeAll(without);
    return types;
  }

  @Override
  public List<AttentionForm> attentionForms() {
    return plain.attentionForms();
  }

  @Override
  public List<CacheLayout> cacheLayouts() {
    return plain.cacheLayouts();
  }

  @Override
  public boolean takesLayout(CacheLayout layout) {
    return plain.takesLayout(layout);
  }

  @Override
  public Set<String> layers() {
    return plain.layers();
  }

  @Override
  public Set<String> features() {
    return plain.features();
  }

  @Override
  public Support supports(Op op) {
    return plain.supports(op);
  }

  @Override
  public Kernel create(Op op, Bindings bindings) {
    return new Submitted(plain.create(op, new RemoteBindings(bindings)));
  }

  @Override
  public PluggableLayer createLayer(LayerCall call, Bindings bindings) {
    return new Submitted(plain.createLayer(call, new RemoteBindings(bindings)));
  }

  @Override
  public void prepare(StepDescription step) {
    plain.prepare(step);
  }

  @Override
  public GraphSupport graphSupport() {
    return plain.graphSupport();
  }

  @Override
  public Graph capture(GraphRequest request) {
    List<Kernel> near =
        request.kernels().stream().map(kernel -> ((Submitted) kernel).kernel).toList();
    Graph graph = plain.capture(new GraphRequest(request.rows(), request.nodes(), near));
    return new Graph() {
      private final Kernel replay = (step, given) -> graph.replay(given);
      private StepDescription current;

      @Override
      public List<GraphArgument> arguments() {
        return graph.arguments();
      }

      @Override
      public void update(StepDescription step) {
        current = step;
        graph.update(step);
      }

      @Override
      public void replay(Queue given) {
        queue.submit(replay, current);
      }

      @Override
      public void close() {
        queue.drain();
        graph.close();
      }
    };
  }

  @Override
  public boolean canReloadWeights() {
    return plain.canReloadWeights();
  }

  @Override
  public void reloadWeights() {
    plain.reloadWeights();
  }

  @Override
  public void close() {
    plain.close();
  }
}
