package org.mla4j.core.cpu.vector;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.RowTasks;

/** {@code concat_and_cache_mla}: one task per few tokens. */
final class VectorConcatAndCache implements RowKernel {
  private final ConcatAndCacheMla op;
  private final Operand kvC;
  private final @Nullable Operand kPe;
  private final int latentWidth;
  private final int ropeWidth;
  private final CacheRows cache;
  private final RowTasks tasks;

  @SuppressWarnings("NullAway.Init") // set by begin before a task runs
  private StepDescription step;

  VectorConcatAndCache(ConcatAndCacheMla op, Bindings bindings, CpuContext context) {
    this.op = op;
    kvC = Operand.of(bindings.tensor(op.kvC()));
    kPe = op.kPe() == null ? null : Operand.of(bindings.tensor(op.kPe()));
    latentWidth = op.kvC().rowWidth();
    ropeWidth = op.kPe() == null ? 0 : op.kPe().rowWidth();
    cache = new CacheRows(bindings.cache(op.cache(), 0), op.cache().spec());
    tasks = RowTasks.ofWidth(context.engine().parallel(), latentWidth + ropeWidth);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    tasks.run(begin(step), this);
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
    return tasks.rowsPerTask();
  }

  @Override
  public void run(int row, int worker) {
    long slot = step.slot(step.firstToken(op.kvC().rows()) + row);
    if (slot < 0) {
      return;
    }
    cache.write(slot, 0, latentWidth, kvC.segment(), kvC.at(row));
    if (kPe != null) {
      cache.write(slot, latentWidth, ropeWidth, kPe.segment(), kPe.at(row));
    }
  }
}
