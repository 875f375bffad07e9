package org.mla4j.core.cpu.scalar;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.step.StepDescription;
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
  private final CacheRows cache;
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
    cache = CacheRows.of(op.cache(), bindings, context.engine().limits().blockSize());
    parallel = context.engine().parallel();
    softmax = OnlineSoftmax.several(parallel.threads(), latentWidth);
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
    if (!step.isProfiling() && !cache.isEmpty()) {
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
      cache.read(CacheRows.slot(step, sequence, position), key);
      double score = qLatent.dot(row, head, key, 0, latentWidth);
      if (qPe != null) {
        score += qPe.dot(row, head, key, latentWidth, ropeWidth);
      }
      attention.add(op.scale() * score, key);
    }
  }
}
