package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/** {@code gather_cache}: one task per context row. */
final class ScalarGatherCache implements Kernel, ParallelFor.Body {
  private final LiveRows out;
  private final int width;
  private final MemorySegment cache;
  private final long cacheStart;
  private final int blockSize;
  private final Cells cells;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarGatherCache(GatherCache op, Bindings bindings, CpuContext context) {
    out = new LiveRows(bindings.tensor(op.out()));
    width = op.out().rowWidth();
    Tensor rows = bindings.cache(op.cache());
    cache = rows.segment();
    cacheStart = rows.byteOffset();
    blockSize = Math.toIntExact(rows.shape().extent(1));
    cells = Cells.of(op.cache().spec().dtype(), op.cache().spec().scale());
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
    int position = step.contextPosition(row);
    int block = step.block(step.contextSequence(row), position / blockSize);
    long slot = (long) block * blockSize + position % blockSize;
    float[] values = scratch.row(worker);
    cells.widen(cache, cacheStart + slot * cells.bytes(width), values, width);
    out.set(row, values, width);
  }
}
