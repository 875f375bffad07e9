package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * {@code gqa_attention}: one task per token that writes its row, then {@link PagedAttention}, for
 * decode and prefill tokens alike.
 */
final class VectorGqaAttention implements Kernel {
  private final Rows rows;
  private final Operand query;
  private final Operand key;
  private final Operand value;
  private final AttentionOutput output;
  private final CacheRows cache;
  private final int keyHeads;
  private final int keyWidth;
  private final PagedAttention attention;
  private final ParallelFor parallel;
  private final ParallelFor.Body writes = this::write;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  VectorGqaAttention(GqaAttention op, Bindings bindings, CpuContext context, Scratch scratch) {
    rows = op.q().rows();
    query = Operand.of(bindings.tensor(op.q()));
    key = Operand.of(bindings.tensor(op.k()));
    value = Operand.of(bindings.tensor(op.v()));
    output = new AttentionOutput(op.out(), null, bindings);
    cache = new CacheRows(bindings.cache(op.cache()), op.cache().spec());
    keyHeads = Math.toIntExact(op.k().rowShape().extent(0));
    keyWidth = Math.toIntExact(op.k().rowShape().extent(1));
    parallel = context.engine().parallel();
    attention =
        new PagedAttention(
            rows,
            new QueryPanel(query, keyWidth, query, 0, null, op.scale()),
            new CachedKeys(cache, keyHeads, keyWidth, output.width()),
            output,
            context,
            scratch);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    query.begin(step);
    key.begin(step);
    value.begin(step);
    output.begin(step);
    // All rows are written before one is read: a token sees those before it in the same step.
    if (step.hasSlotMapping() && !cache.isEmpty()) {
      parallel.run(key.count(), writes);
    }
    attention.forward(step);
  }

  private void write(int row, int worker) {
    long slot = step.slot(step.firstToken(rows) + row);
    if (slot < 0) {
      return;
    }
    int width = output.width();
    for (int head = 0; head < keyHeads; head++) {
      long keyAt = key.at(row) + key.headShift(head);
      cache.write(slot, head * keyWidth, keyWidth, key.segment(), keyAt);
      long valueAt = value.at(row) + value.headShift(head);
      cache.write(slot, keyHeads * keyWidth + head * width, width, value.segment(), valueAt);
    }
  }
}
