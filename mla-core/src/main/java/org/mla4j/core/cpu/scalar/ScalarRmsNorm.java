package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;

/** {@code rms_norm}: one task per row. */
final class ScalarRmsNorm implements RowKernel {
  private final RmsNorm op;
  private final LiveRows x;
  private final LiveRows out;
  private final WidenedWeight weight;
  private final int width;
  private final ParallelFor parallel;

  ScalarRmsNorm(RmsNorm op, Bindings bindings, CpuContext context) {
    this.op = op;
    x = new LiveRows(bindings.tensor(op.x()));
    out = new LiveRows(bindings.tensor(op.out()));
    weight = WidenedWeight.of(op.weight(), context);
    width = op.x().rowWidth();
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
    double squares = 0;
    for (int i = 0; i < width; i++) {
      double value = x.get(row, i);
      squares += value * value;
    }
    double factor = op.scale() / Math.sqrt(squares / width + op.eps());
    for (int i = 0; i < width; i++) {
      out.set(row, i, x.get(row, i) * factor * weight.get(i));
    }
  }
}
