package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * {@code mla_decode_attention}: one task per token and head, which walks the cache in the order of
 * positions.
 */
final class ScalarDecodeAttention implements Kernel, ParallelFor.Body {
  private final MlaDecodeAttention op;
  private final LiveRows qLatent;
  private final @Nullable LiveRows qPe;
  private final LiveRows oLatent;
  private final @Nullable LiveRows lse;
  private final int heads;
  private final int latentWidth;
  private final int ropeWidth;
  private final MemorySegment cache;
  private final long cacheStart;
  private final boolean empty;
  private final int blockSize;
  private final Cells cells;
  private final OnlineSoftmax[] softmax;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarDecodeAttention(MlaDecodeAttention op, Bindings bindings, CpuContext context) {
    this.op = op;
    qLatent = new LiveRows(bindings.tensor(op.qLatent()));
    qPe = op.qPe() == null ? null : new LiveRows(bindings.tensor(op.qPe()));
    oLatent = new LiveRows(bindings.tensor(op.oLatent()));
    lse = op.lse() == null ? null : new LiveRows(bindings.tensor(op.lse()));
    heads = Math.toIntExact(op.qLatent().rowShape().extent(0));
    latentWidth = Math.toIntExact(op.qLatent().rowShape().extent(1));
    ropeWidth = op.qPe() == null ? 0 : Math.toIntExact(op.qPe().rowShape().extent(1));
    Tensor rows = bindings.cache(op.cache());
    cache = rows.segment();
    cacheStart = rows.byteOffset();
    empty = rows.shape().elements() == 0;
    blockSize = Math.toIntExact(rows.shape().extent(1));
    cells = Cells.of(op.cache().spec().dtype(), op.cache().spec().scale());
    parallel = context.engine().parallel();
    softmax = OnlineSoftmax.perWorker(parallel.threads(), latentWidth);
    scratch = context.scratch();
    scratch.reserve(latentWidth + ropeWidth);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    qLatent.begin(step);
    oLatent.begin(step);
    if (qPe != null) {
      qPe.begin(step);
    }
    if (lse != null) {
      lse.begin(step);
    }
    parallel.run(oLatent.count() * heads, this);
  }

  @Override
  public void run(int task, int worker) {
    int row = task / heads;
    int head = task % heads;
    OnlineSoftmax attention = softmax[worker];
    attention.clear();
    if (!step.isProfiling() && !empty) {
      attend(row, head, attention, scratch.row(worker));
    }
    attention.write(oLatent, row, head);
    if (lse != null) {
      lse.set(row, head, attention.logSumExp());
    }
  }

  private void attend(int row, int head, OnlineSoftmax attention, float[] key) {
    int token = step.firstToken(op.qLatent().rows()) + row;
    int sequence = step.sequenceOf(token);
    for (int position = 0; position <= step.position(token); position++) {
      long slot =
          (long) step.block(sequence, position / blockSize) * blockSize + position % blockSize;
      int width = latentWidth + ropeWidth;
      cells.widen(cache, cacheStart + slot * cells.bytes(width), key, width);
      double score = qLatent.dot(row, head, key, 0, latentWidth);
      if (qPe != null) {
        score += qPe.dot(row, head, key, latentWidth, ropeWidth);
      }
      attention.add(op.scale() * score, key);
    }
  }
}
