package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;

/** {@code rms_norm}: one task per row, whatever the number of its heads. */
final class ScalarRmsNorm implements RowKernel {
  private final RmsNorm op;
  private final LiveRows x;
  private final LiveRows out;
  private final WidenedWeight weight;
  private final int heads;
  private final int width;
  private final ParallelFor parallel;

  ScalarRmsNorm(RmsNorm op, Bindings bindings, CpuContext context) {
    this.op = op;
    x = new LiveRows(bindings.tensor(op.x()));
    out = new LiveRows(bindings.tensor(op.out()));
    weight = WidenedWeight.of(op.weight(), context);
    heads = op.hasHeads() ? Math.toIntExact(op.x().rowShape().extent(0)) : 1;
    width = op.x().rowWidth() / heads;
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    x.begin(step);
    out.begin(step);
    return out.count();
  }

  @Override
  public int rowsPerTask() {
    return 1;
  }

  @Override
  public void run(int row, int worker) {
    for (int head = 0; head < heads; head++) {
      double squares = 0;
      for (int i = 0; i < width; i++) {
        double value = x.get(row, head, i);
        squares += value * value;
      }
      double factor = op.scale() / Math.sqrt(squares / width + op.eps());
      for (int i = 0; i < width; i++) {
        out.set(row, head, i, x.get(row, head, i) * factor * weight.get(i));
      }
    }
  }
}
