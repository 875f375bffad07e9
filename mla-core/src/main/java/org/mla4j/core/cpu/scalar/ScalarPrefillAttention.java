package org.mla4j.core.cpu.scalar;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * {@code mla_prefill_attention}: one task per token and head, which walks the sequence's tokens up
 * to this one.
 */
final class ScalarPrefillAttention implements Kernel, ParallelFor.Body {
  private final MlaPrefillAttention op;
  private final LiveRows qNope;
  private final @Nullable LiveRows qPe;
  private final LiveRows kNope;
  private final @Nullable LiveRows kPe;
  private final LiveRows v;
  private final LiveRows out;
  private final @Nullable LiveRows lse;
  private final int heads;
  private final int nopeWidth;
  private final int ropeWidth;
  private final int valueWidth;
  private final OnlineSoftmax[] softmax;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarPrefillAttention(MlaPrefillAttention op, Bindings bindings, CpuContext context) {
    this.op = op;
    qNope = new LiveRows(bindings.tensor(op.qNope()));
    qPe = op.qPe() == null ? null : new LiveRows(bindings.tensor(op.qPe()));
    kNope = new LiveRows(bindings.tensor(op.kNope()));
    kPe = op.kPe() == null ? null : new LiveRows(bindings.tensor(op.kPe()));
    v = new LiveRows(bindings.tensor(op.v()));
    out = new LiveRows(bindings.tensor(op.out()));
    lse = op.lse() == null ? null : new LiveRows(bindings.tensor(op.lse()));
    heads = Math.toIntExact(op.qNope().rowShape().extent(0));
    nopeWidth = Math.toIntExact(op.qNope().rowShape().extent(1));
    ropeWidth = op.kPe() == null ? 0 : op.kPe().rowWidth();
    valueWidth = Math.toIntExact(op.v().rowShape().extent(1));
    parallel = context.engine().parallel();
    softmax = OnlineSoftmax.perWorker(parallel.threads(), valueWidth);
    scratch = context.scratch();
    scratch.reserve(valueWidth);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    qNope.begin(step);
    kNope.begin(step);
    v.begin(step);
    out.begin(step);
    if (qPe != null && kPe != null) {
      qPe.begin(step);
      kPe.begin(step);
    }
    if (lse != null) {
      lse.begin(step);
    }
    parallel.run(out.count() * heads, this);
  }

  @Override
  public void run(int task, int worker) {
    int row = task / heads;
    int head = task % heads;
    OnlineSoftmax attention = softmax[worker];
    attention.clear();
    if (!step.isProfiling()) {
      attend(row, head, attention, scratch.row(worker));
    }
    attention.write(out, row, head);
    if (lse != null) {
      lse.set(row, head, attention.logSumExp());
    }
  }

  private void attend(int row, int head, OnlineSoftmax attention, float[] value) {
    int firstToken = step.firstToken(op.out().rows());
    int firstKey = step.queryStart(step.sequenceOf(firstToken + row)) - firstToken;
    for (int key = firstKey; key <= row; key++) {
      for (int i = 0; i < valueWidth; i++) {
        value[i] = v.get(key, head, i);
      }
      attention.add(op.scale() * score(row, key, head), value);
    }
  }

  private double score(int row, int key, int head) {
    double score = 0;
    for (int i = 0; i < nopeWidth; i++) {
      score += (double) qNope.get(row, head, i) * kNope.get(key, head, i);
    }
    if (qPe != null && kPe != null) {
      for (int i = 0; i < ropeWidth; i++) {
        score += (double) qPe.get(row, head, i) * kPe.get(key, i);
      }
    }
    return score;
  }
}
