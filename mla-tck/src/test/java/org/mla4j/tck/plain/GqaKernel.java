package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.step.StepDescription;

/** Grouped-query attention over a cache of keys and values. */
final class GqaKernel extends RowKernel {
  private final RowView q;
  private final RowView k;
  private final RowView v;
  private final RowView out;
  private final double scale;
  private final CacheWriter writer;
  private final CachedKeys keys;
  private final AttentionRows rows;
  private final Workspace scores;
  private final Softmax softmax;

  GqaKernel(GqaAttention op, Bindings bindings, PlainContext context) {
    super(context, op.q().rows());
    q = new RowView(bindings, op.q(), context);
    k = new RowView(bindings, op.k(), context);
    v = new RowView(bindings, op.v(), context);
    out = new RowView(bindings, op.out(), context);
    scale = op.scale();
    CacheStore cache = CacheStore.of(op.cache(), bindings, context);
    writer = new CacheWriter(cache, k, v, context);
    keys = new CachedKeys(cache, context);
    rows = new AttentionRows(out, null, context);
    int most = context.engine().limits().blocksPerSequence();
    scores =
        context.workspace("scores of a token", most * context.engine().limits().blockSize() + 1);
    softmax = new Softmax(context);
  }

  /** All rows are written before the first is read: tokens see those of their own step. */
  @Override
  void begin(StepDescription step) {
    softmax.begin();
    for (int row = 0; row < step.count(q.rows()); row++) {
      writer.write(step, q.token(step, row));
    }
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int token = q.token(step, row);
    int count = keys.count(step, token);
    if (count == 0) {
      rows.empty(step, row);
      return;
    }
    int share = q.outer() / k.outer();
    for (int head = 0; head < q.outer(); head++) {
      int key = head / share * k.inner();
      int value = k.width() + head / share * v.inner();
      for (int j = 0; j < count; j++) {
        long slot = keys.slot(step, token, j);
        double score = 0;
        for (int d = 0; d < q.inner(); d++) {
          score += (double) q.get(q.at(step, row), head, d) * keys.get(slot, key + d);
        }
        scores.set(worker, j, scale * score);
      }
      softmax.weights(scores, worker, count);
      for (int d = 0; d < v.inner(); d++) {
        double sum = 0;
        for (int j = 0; j < count; j++) {
          sum += scores.get(worker, j) * keys.get(keys.slot(step, token, j), value + d);
        }
        out.set(out.at(step, row), head, d, (float) sum);
      }
    }
  }
}
