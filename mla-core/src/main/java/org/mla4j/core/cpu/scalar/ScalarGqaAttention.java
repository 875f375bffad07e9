package org.mla4j.core.cpu.scalar;

import java.util.Arrays;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.WorkerScratch;

/**
 * {@code gqa_attention}: one task per token that writes its row, then one per token and key head,
 * which walks the cache in the order of positions for all query heads of the group.
 */
final class ScalarGqaAttention implements Kernel {
  private final GqaAttention op;
  private final LiveRows q;
  private final LiveRows k;
  private final LiveRows v;
  private final LiveRows out;
  private final CacheRows cache;
  private final int groups;
  private final int headsPerGroup;
  private final int keyWidth;
  private final int valueWidth;
  private final OnlineSoftmax[][] softmax;
  private final ParallelFor parallel;
  private final WorkerScratch scratch;
  private final ParallelFor.Body writes = this::write;
  private final ParallelFor.Body attentions = this::attend;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  ScalarGqaAttention(GqaAttention op, Bindings bindings, CpuContext context) {
    this.op = op;
    q = new LiveRows(bindings.tensor(op.q()));
    k = new LiveRows(bindings.tensor(op.k()));
    v = new LiveRows(bindings.tensor(op.v()));
    out = new LiveRows(bindings.tensor(op.out()));
    cache = CacheRows.of(op.cache(), bindings, context.engine().limits().blockSize());
    groups = Math.toIntExact(op.k().rowShape().extent(0));
    headsPerGroup = Math.toIntExact(op.q().rowShape().extent(0)) / groups;
    keyWidth = Math.toIntExact(op.k().rowShape().extent(1));
    valueWidth = Math.toIntExact(op.v().rowShape().extent(1));
    parallel = context.engine().parallel();
    softmax = new OnlineSoftmax[parallel.threads()][];
    Arrays.setAll(softmax, worker -> OnlineSoftmax.several(headsPerGroup, valueWidth));
    scratch = context.scratch();
    scratch.reserve(groups * (keyWidth + valueWidth));
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    q.begin(step);
    k.begin(step);
    v.begin(step);
    out.begin(step);
    // All rows are written before one is read: a token sees those before it in the same step.
    if (step.hasSlotMapping() && !cache.isEmpty()) {
      parallel.run(k.count(), writes);
    }
    parallel.run(out.count() * groups, attentions);
  }

  private int token(int row) {
    return step.firstToken(op.q().rows()) + row;
  }

  private void write(int row, int worker) {
    long slot = step.slot(token(row));
    if (slot < 0) {
      return;
    }
    float[] values = scratch.row(worker);
    for (int group = 0; group < groups; group++) {
      k.get(row, group, values, group * keyWidth, keyWidth);
    }
    cache.write(slot, 0, values);
    for (int group = 0; group < groups; group++) {
      v.get(row, group, values, group * valueWidth, valueWidth);
    }
    cache.write(slot, 1, values);
  }

  private void attend(int task, int worker) {
    int row = task / groups;
    int group = task % groups;
    for (OnlineSoftmax head : softmax[worker]) {
      head.clear();
    }
    if (!step.isProfiling() && !cache.isEmpty()) {
      attend(row, group, softmax[worker], scratch.row(worker));
    }
    for (int i = 0; i < headsPerGroup; i++) {
      softmax[worker][i].write(out, row, group * headsPerGroup + i);
    }
  }

  private void attend(int row, int group, OnlineSoftmax[] heads, float[] cached) {
    int sequence = step.sequenceOf(token(row));
    int last = step.position(token(row));
    int valuesFrom = groups * keyWidth + group * valueWidth;
    for (int position = 0; position <= last; position++) {
      cache.read(CacheRows.slot(step, sequence, position), cached);
      for (int i = 0; i < headsPerGroup; i++) {
        int head = group * headsPerGroup + i;
        double score = q.dot(row, head, cached, group * keyWidth, keyWidth);
        heads[i].add(op.scale() * score, cached, valuesFrom);
      }
    }
  }
}
