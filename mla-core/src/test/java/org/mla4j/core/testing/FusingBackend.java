package org.mla4j.core.testing;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.cpu.CpuBackendProvider;

/**
 * A plug-in with nothing but fused ops: those of its option {@code ops}, separated by plus signs.
 * It runs the kernels of {@code cpu} for the parts, so that results must not change by a bit.
 */
public final class FusingBackend implements BackendProvider {
  /** The name of the backend. */
  public static final String NAME = "fusing";

  @Override
  public String name() {
    return NAME;
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
    return new Probe.Available("what cpu has", true);
  }

  @Override
  public Backend open(EngineContext context) {
    Set<String> ops =
        new TreeSet<>(Arrays.asList(context.options().getOrDefault("ops", "none").split("\\+")));
    String refusal = context.options().getOrDefault("refuses", "");
    Backend cpu =
        new CpuBackendProvider().open(new DelegatingBackend.WithoutOptions(context));
    return new Backend() {
      @Override
      public Set<String> ops() {
        return ops;
      }

      @Override
      public Set<String> features() {
        return cpu.features();
      }

      @Override
      public Support supports(Op op) {
        return refusal.isEmpty() ? Support.yes() : Support.no(refusal);
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        return PartsKernel.of(
            ((FusedOp) op).parts(), cpu, new WithScratch(op, bindings, context, new HashMap<>()));
      }

      @Override
      public boolean canReloadWeights() {
        return true;
      }

      @Override
      public void reloadWeights() {
        cpu.reloadWeights();
      }

      @Override
      public void close() {
        cpu.close();
      }
    };
  }

  /** Values between the parts are in no plan: they get memory of their own. */
  private record WithScratch(
      Op fused, Bindings plan, EngineContext context, Map<String, MemorySegment> scratch)
      implements Bindings {
    @Override
    public StepTensor tensor(StepValue value) {
      StepValue root = value.root();
      if (isOutside(root)) {
        return plan.tensor(value);
      }
      long rows = context.limits().max(root.rows());
      MemorySegment memory =
          scratch.computeIfAbsent(
              root.name(), name -> context.allocate(name, 4 * rows * root.rowWidth()));
      long[] strides = new long[value.rowStrides().length + 1];
      strides[0] = root.rowWidth();
      System.arraycopy(value.rowStrides(), 0, strides, 1, strides.length - 1);
      Tensor tensor =
          Tensor.strided(
              value.dtype(),
              value.rowShape().prepend(rows),
              strides,
              new HostStorage(memory),
              4 * value.rowOffset());
      return new StepTensor(tensor, value.rows(), root.rows());
    }

    private boolean isOutside(StepValue root) {
      return Stream.concat(fused.reads().stream(), fused.writes().stream())
          .anyMatch(value -> value instanceof StepValue step && step.root().equals(root));
    }

    @Override
    public Tensor cache(CacheValue value, int tensor) {
      return plan.cache(value, tensor);
    }
  }

  /** The kernels of some ops, one after another, each if its outputs have rows. */
  public static final class PartsKernel implements Kernel {
    private final List<Kernel> kernels = new ArrayList<>();
    private final List<StepTensor> outputs = new ArrayList<>();

    static PartsKernel of(List<Op> parts, Backend cpu, Bindings bindings) {
      PartsKernel made = new PartsKernel();
      for (Op part : parts) {
        made.kernels.add(cpu.create(part, bindings));
        made.outputs.add(firstOutput(part, bindings));
      }
      return made;
    }

    /** What tells how many rows a part works on: its output, or what it writes to a cache. */
    private static StepTensor firstOutput(Op part, Bindings bindings) {
      for (Value value : part.writes()) {
        if (value instanceof StepValue step) {
          return bindings.tensor(step);
        }
      }
      return part.reads().stream()
          .filter(StepValue.class::isInstance)
          .map(value -> bindings.tensor((StepValue) value))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public void forward(StepDescription step, Queue queue) {
      for (int i = 0; i < kernels.size(); i++) {
        if (outputs.get(i).count(step) > 0) {
          kernels.get(i).forward(step, queue);
        }
      }
    }

    @Override
    public String describe() {
      return "Parts" + kernels.size();
    }

    @Override
    public void close() {
      kernels.forEach(Kernel::close);
    }
  }
}
