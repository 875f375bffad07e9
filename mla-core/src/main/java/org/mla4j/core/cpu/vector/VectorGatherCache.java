package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowTasks;
import org.mla4j.core.cpu.simd.Lanes;

/** {@code gather_cache}: one task per few context rows. */
final class VectorGatherCache implements Kernel, ParallelFor.Body {
  private final Operand out;
  private final CacheRows cache;
  private final Scratch scratch;
  private final RowTasks tasks;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  VectorGatherCache(GatherCache op, Bindings bindings, CpuContext context, Scratch scratch) {
    out = Operand.of(bindings.tensor(op.out()));
    cache = new CacheRows(bindings.cache(op.cache()), op.cache().spec());
    this.scratch = scratch;
    scratch.reserve(4L * Lanes.roundUp(cache.width()));
    tasks = RowTasks.ofWidth(context.engine().parallel(), cache.width());
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    out.begin(step);
    tasks.run(out.count(), this);
  }

  /** By way of the scratch memory: the last vector of a row may be longer than the row. */
  @Override
  public void run(int row, int worker) {
    MemorySegment memory = scratch.of(worker);
    int sequence = step.contextSequence(row);
    cache.widen(step, sequence, step.contextPosition(row), 1, memory, 0, 0);
    MemorySegment.copy(memory, 0, out.segment(), out.at(row), 4L * cache.width());
  }
}
