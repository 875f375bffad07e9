package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/** {@code gather_cache}: one task per context row. */
final class ScalarGatherCache implements Kernel, ParallelFor.Body {
  private final LiveRows out;
  private final int width;
  private final CacheRows cache;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarGatherCache(GatherCache op, Bindings bindings, CpuContext context) {
    out = new LiveRows(bindings.tensor(op.out()));
    width = op.out().rowWidth();
    cache = CacheRows.of(op.cache(), bindings, context.engine().limits().blockSize());
    parallel = context.engine().parallel();
    scratch = context.scratch();
    scratch.reserve(width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    out.begin(step);
    parallel.run(out.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    float[] values = scratch.row(worker);
    int sequence = step.contextSequence(row);
    cache.read(CacheRows.slot(step, sequence, step.contextPosition(row)), values);
    out.set(row, values, width);
  }
}
