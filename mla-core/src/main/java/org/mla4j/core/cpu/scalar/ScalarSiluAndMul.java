package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code silu_and_mul}: one task per row. */
final class ScalarSiluAndMul implements Kernel, ParallelFor.Body {
  private final LiveRows gateUp;
  private final LiveRows out;
  private final int width;
  private final ParallelFor parallel;

  ScalarSiluAndMul(SiluAndMul op, Bindings bindings, CpuContext context) {
    gateUp = new LiveRows(bindings.tensor(op.gateUp()));
    out = new LiveRows(bindings.tensor(op.out()));
    width = op.out().rowWidth();
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    gateUp.begin(step);
    out.begin(step);
    parallel.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    for (int i = 0; i < width; i++) {
      out.set(row, i, Silu.of(gateUp.get(row, i)) * gateUp.get(row, width + i));
    }
  }
}
