package org.mla4j.core.cpu.scalar;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/** {@code concat_and_cache_mla}: one task per token. */
final class ScalarConcatAndCache implements RowKernel {
  private final ConcatAndCacheMla op;
  private final LiveRows kvC;
  private final @Nullable LiveRows kPe;
  private final int latentWidth;
  private final int ropeWidth;
  private final CacheRows cache;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  @SuppressWarnings("NullAway.Init") // set by begin before a task runs
  private StepDescription step;

  ScalarConcatAndCache(ConcatAndCacheMla op, Bindings bindings, CpuContext context) {
    this.op = op;
    kvC = new LiveRows(bindings.tensor(op.kvC()));
    kPe = op.kPe() == null ? null : new LiveRows(bindings.tensor(op.kPe()));
    latentWidth = op.kvC().rowWidth();
    ropeWidth = op.kPe() == null ? 0 : op.kPe().rowWidth();
    cache = CacheRows.of(op.cache(), bindings, context.engine().limits().blockSize());
    parallel = context.engine().parallel();
    scratch = context.scratch();
    scratch.reserve(Math.max(latentWidth, ropeWidth));
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    this.step = step;
    kvC.begin(step);
    if (kPe != null) {
      kPe.begin(step);
    }
    return cache.isEmpty() || !step.hasSlotMapping() ? 0 : kvC.count();
  }

  @Override
  public int rowsPerTask() {
    return 1;
  }

  @Override
  public void run(int row, int worker) {
    long slot = step.slot(step.firstToken(op.kvC().rows()) + row);
    if (slot < 0) {
      return;
    }
    float[] values = scratch.row(worker);
    kvC.get(row, values, 0, latentWidth);
    cache.write(slot, 0, values);
    if (kPe != null) {
      kPe.get(row, values, 0, ropeWidth);
      cache.write(slot, 1, values);
    }
  }
}
