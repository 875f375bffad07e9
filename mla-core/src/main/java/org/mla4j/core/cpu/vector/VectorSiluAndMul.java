package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowTasks;

/** {@code silu_and_mul}: one task per few rows. */
final class VectorSiluAndMul implements Kernel, ParallelFor.Body {
  private final Operand gateUp;
  private final Operand out;
  private final int width;
  private final Scratch scratch;
  private final RowTasks tasks;

  VectorSiluAndMul(SiluAndMul op, Bindings bindings, CpuContext context, Scratch scratch) {
    gateUp = Operand.of(bindings.tensor(op.gateUp()));
    out = Operand.of(bindings.tensor(op.out()));
    width = op.out().rowWidth();
    this.scratch = scratch;
    scratch.reserve(Silu.SCRATCH_BYTES);
    tasks = RowTasks.ofWidth(context.engine().parallel(), width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    gateUp.begin(step);
    out.begin(step);
    tasks.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    long gateAt = gateUp.at(row);
    Silu.multiply(
        gateUp.segment(),
        gateAt,
        gateUp.segment(),
        gateAt + 4L * width,
        out.segment(),
        out.at(row),
        width,
        scratch.of(worker));
  }
}
