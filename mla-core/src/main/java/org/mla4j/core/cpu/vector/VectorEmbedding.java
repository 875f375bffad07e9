package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowTasks;
import org.mla4j.core.cpu.kernel.StepTokens;
import org.mla4j.core.cpu.simd.Lanes;

/** {@code embedding}: one task per few tokens. */
final class VectorEmbedding implements Kernel, ParallelFor.Body {
  private final Embedding op;
  private final WeightMatrix table;
  private final Operand out;
  private final float factor;
  private final Scratch scratch;
  private final RowTasks tasks;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  VectorEmbedding(Embedding op, Bindings bindings, CpuContext context, Scratch scratch) {
    this.op = op;
    table = WeightMatrix.of(op.table(), context, scratch);
    out = Operand.of(bindings.tensor(op.out()));
    factor = (float) op.factor();
    this.scratch = scratch;
    scratch.reserve(4L * Lanes.roundUp(table.columns()));
    tasks = RowTasks.ofWidth(context.engine().parallel(), table.columns());
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    out.begin(step);
    tasks.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    int token = step.firstToken(op.out().rows()) + row;
    int id = StepTokens.requireId(step, token, op.table(), table.rows());
    MemorySegment memory = scratch.of(worker);
    table.widen(id, memory, 0, Lanes.BYTES, worker);
    long outAt = out.at(row);
    if (factor == 1) {
      MemorySegment.copy(memory, 0, out.segment(), outAt, 4L * table.columns());
      return;
    }
    for (int i = 0; i < table.columns(); i++) {
      float value = factor * memory.get(ValueLayout.JAVA_FLOAT, 4L * i);
      out.segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, value);
    }
  }
}
