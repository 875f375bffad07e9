package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.cpu.CpuBackendProvider;

/**
 * A plug-in with nothing but fused ops: those of its option {@code ops}, separated by plus signs.
 * It runs the kernels of {@code cpu} for the parts, so that results must not change by a bit.
 */
public final class FusingBackend extends PluginBase {
  /** The name of the backend. */
  public static final String NAME = "fusing";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Backend open(EngineContext context) {
    Set<String> ops =
        new TreeSet<>(Arrays.asList(context.options().getOrDefault("ops", "none").split("\\+")));
    String refusal = context.options().getOrDefault("refuses", "");
    Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
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
            ((FusedOp) op).parts(), cpu, ScratchBindings.within(op, bindings, context));
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
