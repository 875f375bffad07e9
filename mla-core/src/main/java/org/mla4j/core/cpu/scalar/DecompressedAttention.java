package org.mla4j.core.cpu.scalar;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.DecompressedOperands;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * Attention where every head has keys and values of its own: one task per token and head, which
 * walks a range of key rows in order.
 */
final class DecompressedAttention implements ParallelFor.Body {
  /** A bound of the key rows that a token sees. */
  @FunctionalInterface
  interface Bound {
    int of(StepDescription step, int token);
  }

  private final Rows queries;
  private final double scale;
  private final Bound firstKey;
  private final Bound endKey;
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

  DecompressedAttention(
      DecompressedOperands parts,
      Bound firstKey,
      Bound endKey,
      Bindings bindings,
      CpuContext context) {
    queries = parts.out().rows();
    scale = parts.scale();
    this.firstKey = firstKey;
    this.endKey = endKey;
    qNope = new LiveRows(bindings.tensor(parts.qNope()));
    qPe = rows(parts.qPe(), bindings);
    kNope = new LiveRows(bindings.tensor(parts.kNope()));
    kPe = rows(parts.kPe(), bindings);
    v = new LiveRows(bindings.tensor(parts.v()));
    out = new LiveRows(bindings.tensor(parts.out()));
    lse = rows(parts.lse(), bindings);
    heads = Math.toIntExact(parts.qNope().rowShape().extent(0));
    nopeWidth = Math.toIntExact(parts.qNope().rowShape().extent(1));
    ropeWidth = parts.kPe() == null ? 0 : parts.kPe().rowWidth();
    valueWidth = Math.toIntExact(parts.v().rowShape().extent(1));
    parallel = context.engine().parallel();
    softmax = OnlineSoftmax.several(parallel.threads(), valueWidth);
    scratch = context.scratch();
    scratch.reserve(valueWidth);
  }

  private static @Nullable LiveRows rows(@Nullable StepValue value, Bindings bindings) {
    return value == null ? null : new LiveRows(bindings.tensor(value));
  }

  void forward(StepDescription step) {
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
    int token = step.firstToken(queries) + row;
    int end = endKey.of(step, token);
    for (int key = firstKey.of(step, token); key < end; key++) {
      for (int i = 0; i < valueWidth; i++) {
        value[i] = v.get(key, head, i);
      }
      attention.add(scale * score(row, key, head), value);
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
