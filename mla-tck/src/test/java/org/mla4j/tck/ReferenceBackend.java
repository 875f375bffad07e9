package org.mla4j.tck;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.Node;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.tck.harness.Cells;
import org.mla4j.tck.reference.CacheModel;
import org.mla4j.tck.reference.References;
import org.mla4j.tck.reference.StepMemory;

/**
 * A backend that runs everything there is by its reference, so that every case of the kit meets a
 * kernel. It allocates as it likes.
 */
final class ReferenceBackend implements Backend {
  /** Its provider. */
  static final class Provider implements BackendProvider {
    @Override
    public String name() {
      return "reference";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public int spiLevel() {
      return 1;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("plain loops", true);
    }

    @Override
    public Backend open(EngineContext context) {
      return new ReferenceBackend(context.limits());
    }
  }

  private final StepLimits limits;

  private ReferenceBackend(StepLimits limits) {
    this.limits = limits;
  }

  @Override
  public Set<String> ops() {
    return Set.copyOf(Op.VOCABULARY);
  }

  @Override
  public Set<String> layers() {
    return Set.of(MultiHeadLatentAttention.TYPE, FusedMoe.TYPE, GroupedQueryAttention.TYPE);
  }

  @Override
  public Set<String> features() {
    return Set.of(
        Add.FACTOR,
        Embedding.FACTOR,
        RmsNorm.HEADS,
        RotaryEmbedding.KEY_HEADS,
        RmsNorm.OUTPUT_SCALE,
        MultiHeadLatentAttention.HEAD_NORM,
        MultiHeadLatentAttention.LATENT_SCALE,
        MultiHeadLatentAttention.PROJECTION_BIAS);
  }

  @Override
  public List<AttentionForm> attentionForms() {
    List<AttentionForm> forms = new ArrayList<>();
    for (AttentionForm.InputStage takes : AttentionForm.InputStage.values()) {
      for (AttentionForm.OutputForm returns : AttentionForm.OutputForm.values()) {
        forms.add(new AttentionForm(takes, returns));
      }
    }
    return forms;
  }

  @Override
  public List<CacheLayout> cacheLayouts() {
    return List.of(
        CacheLayout.ROW_MAJOR,
        new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0),
        new CacheLayout(Arrangement.NZ, RopeOrder.DEINTERLEAVED, 0),
        new CacheLayout(Arrangement.NZ, RopeOrder.AS_ROTATED, 8),
        new CacheLayout(Arrangement.ROWS, RopeOrder.DEINTERLEAVED, 4));
  }

  @Override
  public boolean canReloadWeights() {
    return true;
  }

  @Override
  public void reloadWeights() {
    // Weights are read when they are used.
  }

  @Override
  public Kernel create(Op op, Bindings bindings) {
    return new ReferenceKernel(List.of(new Node("op", "layer", Rows.ALL, op)), bindings, limits);
  }

  @Override
  public PluggableLayer createLayer(LayerCall call, Bindings bindings) {
    return new ReferenceKernel(
        List.of(new Node("layer", "layer", Rows.ALL, call)), bindings, limits);
  }

  @Override
  public Optional<Support> supportsPlan(List<Node> nodes) {
    return Optional.of(Support.yes());
  }

  @Override
  public Kernel createPlan(List<Node> nodes, Bindings bindings) {
    return new ReferenceKernel(nodes, bindings, limits);
  }

  @Override
  public void close() {
    // Holds nothing.
  }

  private static final class ReferenceKernel implements PluggableLayer {
    private final List<Node> nodes;
    private final StepLimits limits;
    private final Map<StepValue, StepTensor> tensors = new LinkedHashMap<>();
    private final Map<CacheValue, List<Tensor>> caches = new LinkedHashMap<>();
    private final Set<StepValue> roots = new LinkedHashSet<>();

    ReferenceKernel(List<Node> nodes, Bindings bindings, StepLimits limits) {
      this.nodes = nodes;
      this.limits = limits;
      for (Node node : nodes) {
        addRoots(node.op());
        List<Value> values = new ArrayList<>(node.op().reads());
        values.addAll(node.op().writes());
        for (Value value : values) {
          if (value instanceof StepValue named) {
            tensors.put(named, bindings.tensor(named));
          } else if (value instanceof CacheValue cache) {
            List<Tensor> parts = new ArrayList<>();
            for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
              parts.add(bindings.cache(cache, i));
            }
            caches.put(cache, parts);
          }
        }
      }
    }

    private void addRoots(Op op) {
      if (op instanceof FusedOp fused) {
        fused.parts().forEach(this::addRoots);
      }
      List<Value> values = new ArrayList<>(op.reads());
      values.addAll(op.writes());
      for (Value value : values) {
        if (value instanceof StepValue named) {
          roots.add(named.root());
        }
      }
    }

    @Override
    public void forward(StepDescription step, Queue queue) {
      if (caches.values().stream().flatMap(List::stream).anyMatch(t -> t.shape().elements() == 0)) {
        return;
      }
      for (Node node : nodes) {
        requirePositions(node.op(), step);
      }
      StepMemory memory = load(step);
      for (int i = 0; i < nodes.size(); i++) {
        if (nodes.get(i).rows() != Rows.CONTEXT) {
          References.run(nodes.get(i).op(), memory);
          continue;
        }
        int end = i;
        while (end < nodes.size() && nodes.get(end).rows() == Rows.CONTEXT) {
          end++;
        }
        for (int pass = 0; pass < step.contextPasses(); pass++) {
          step.openContextPass(pass);
          for (int j = i; j < end; j++) {
            References.run(nodes.get(j).op(), memory);
          }
        }
        step.closeContextPass();
        i = end - 1;
      }
      store(step, memory);
    }

    private static void requirePositions(Op op, StepDescription step) {
      if (op instanceof FusedOp fused) {
        fused.parts().forEach(part -> requirePositions(part, step));
      }
      if (op instanceof RotaryEmbedding rope) {
        for (int row = 0; row < step.count(rope.q().rows()); row++) {
          int position = step.position(step.firstToken(rope.q().rows()) + row);
          if (position >= rope.table().shape().extent(0)) {
            throw new InvalidInputException(
                ErrorCode.INVALID_STEP, "Position " + position + " is beyond the table.");
          }
        }
      }
    }

    private StepMemory load(StepDescription step) {
      StepMemory memory = new StepMemory(step);
      Map<StepValue, double[]> numbers = new LinkedHashMap<>();
      for (StepValue root : roots) {
        double[] scratch = new double[limits.max(root.rows()) * root.rowWidth()];
        numbers.put(root, scratch);
        memory.bind(root, scratch);
      }
      tensors.forEach((value, tensor) -> {
        for (int row = 0; row < step.count(value.rows()); row++) {
          int[] elements = StepMemory.elements(value);
          int first = firstRow(value, step) + row;
          for (int i = 0; i < elements.length; i++) {
            numbers.get(value.root())[first * value.root().rowWidth() + elements[i]] =
                Cells.get(
                    value.dtype(),
                    tensor.tensor().segment(),
                    at(value, tensor, step, row, elements[i]));
          }
        }
      });
      caches.forEach((cache, parts) -> {
        List<MemorySegment> segments = new ArrayList<>();
        for (Tensor part : parts) {
          long bytes = part.shape().elements() * part.dtype().byteSize();
          segments.add(part.segment().asSlice(part.byteOffset(), bytes));
        }
        memory.bind(cache, new CacheModel(cache, limits.blockSize(), segments));
      });
      return memory;
    }

    private static int firstRow(StepValue value, StepDescription step) {
      return value.rows() == value.root().rows()
          ? 0
          : step.firstToken(value.rows()) - step.firstToken(value.root().rows());
    }

    private static long at(
        StepValue value, StepTensor tensor, StepDescription step, int row, int element) {
      return tensor.offset(step)
          + row * tensor.rowBytes()
          + (element - value.rowOffset()) * value.dtype().byteSize();
    }

    private void store(StepDescription step, StepMemory memory) {
      for (Node node : nodes) {
        for (Value value : node.op().writes()) {
          if (value instanceof StepValue named && tensors.containsKey(named)) {
            StepTensor tensor = tensors.get(named);
            int[] elements = StepMemory.elements(named);
            for (int row = 0; row < step.count(named.rows()); row++) {
              double[] numbers = memory.row(named, row);
              for (int i = 0; i < numbers.length; i++) {
                Cells.put(
                    named.dtype(),
                    tensor.tensor().segment(),
                    at(named, tensor, step, row, elements[i]),
                    numbers[i]);
              }
            }
          }
        }
      }
    }

    @Override
    public String describe() {
      return "reference";
    }
  }
}
