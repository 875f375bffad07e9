package org.mla4j.models.plugin;

import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;

/** The smallest plug: a backend with a kernel of its own for one op. */
public final class OwnRmsNorm implements BackendProvider {
  @Override
  public String name() {
    return "own-norm";
  }

  @Override
  public String version() {
    return "1.0";
  }

  @Override
  public int spiLevel() {
    return 1;
  }

  @Override
  public Probe probe() {
    return new Probe.Available("plain Java", true);
  }

  @Override
  public Backend open(EngineContext context) {
    return new Backend() {
      @Override
      public Set<String> ops() {
        return Set.of(RmsNorm.TYPE);
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        return new NormKernel((RmsNorm) op, bindings);
      }

      @Override
      public void close() {}
    };
  }

  private static final class NormKernel implements Kernel {
    private final StepTensor x;
    private final StepTensor out;
    private final float[] weight;
    private final double eps;
    private final float[] row;

    NormKernel(RmsNorm op, Bindings bindings) {
      x = bindings.tensor(op.x());
      out = bindings.tensor(op.out());
      weight = Floats.weight(op.weight());
      row = new float[weight.length];
      eps = op.eps();
    }

    @Override
    public void forward(StepDescription step, Queue queue) {
      for (int i = 0; i < x.count(step); i++) {
        Floats.read(x.tensor().segment(), x.offset(step) + i * x.rowBytes(), row);
        Floats.rmsNorm(row, weight, eps);
        Floats.write(out.tensor().segment(), out.offset(step) + i * out.rowBytes(), row);
      }
    }
  }
}
