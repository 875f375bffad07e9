package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;

/** {@code concat_and_cache_mla}: one task per token. */
final class ScalarConcatAndCache implements Kernel, ParallelFor.Body {
  private final ConcatAndCacheMla op;
  private final LiveRows kvC;
  private final @Nullable LiveRows kPe;
  private final int latentWidth;
  private final int ropeWidth;
  private final boolean empty;
  private final MemorySegment cache;
  private final long cacheStart;
  private final Cells cells;
  private final ParallelFor parallel;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarConcatAndCache(ConcatAndCacheMla op, Bindings bindings, CpuContext context) {
    this.op = op;
    kvC = new LiveRows(bindings.tensor(op.kvC()));
    kPe = op.kPe() == null ? null : new LiveRows(bindings.tensor(op.kPe()));
    latentWidth = op.kvC().rowWidth();
    ropeWidth = op.kPe() == null ? 0 : op.kPe().rowWidth();
    Tensor rows = bindings.cache(op.cache());
    empty = rows.shape().elements() == 0;
    cache = rows.segment();
    cacheStart = rows.byteOffset();
    cells = Cells.of(op.cache().spec().dtype(), op.cache().spec().scale());
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    if (empty || !step.hasSlotMapping()) {
      return;
    }
    this.step = step;
    kvC.begin(step);
    if (kPe != null) {
      kPe.begin(step);
    }
    parallel.run(kvC.count(), this);
  }

  @Override
  public void run(int row, int worker) {
    long slot = step.slot(step.firstToken(op.kvC().rows()) + row);
    if (slot < 0) {
      return;
    }
    long offset = cacheStart + slot * cells.bytes(latentWidth + ropeWidth);
    for (int i = 0; i < latentWidth; i++) {
      cells.put(cache, offset, i, kvC.get(row, i));
    }
    for (int i = 0; kPe != null && i < ropeWidth; i++) {
      cells.put(cache, offset, latentWidth + i, kPe.get(row, i));
    }
  }
}
