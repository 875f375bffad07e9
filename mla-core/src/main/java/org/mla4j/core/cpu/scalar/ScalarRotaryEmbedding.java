package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.StepTokens;

/** {@code rotary_embedding}: one task per token. */
final class ScalarRotaryEmbedding implements RowKernel {
  private final RotaryEmbedding op;
  private final LiveRows q;
  private final LiveRows k;
  private final WidenedWeight table;
  private final long positions;
  private final int heads;
  private final int keyHeads;
  private final int pairs;
  private final ParallelFor parallel;

  @SuppressWarnings("NullAway.Init") // set by begin before a task runs
  private StepDescription step;

  ScalarRotaryEmbedding(RotaryEmbedding op, Bindings bindings, CpuContext context) {
    this.op = op;
    q = new LiveRows(bindings.tensor(op.q()));
    k = new LiveRows(bindings.tensor(op.k()));
    table = WidenedWeight.of(op.table(), context);
    positions = op.table().shape().extent(0);
    heads = Math.toIntExact(op.q().rowShape().extent(0));
    keyHeads = op.k().rowShape().rank() == 1 ? 1 : Math.toIntExact(op.k().rowShape().extent(0));
    pairs = op.k().rowWidth() / keyHeads / 2;
    parallel = context.engine().parallel();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    parallel.run(begin(step), this);
  }

  @Override
  public int begin(StepDescription step) {
    this.step = step;
    q.begin(step);
    k.begin(step);
    StepTokens.requirePositions(step, op.q(), op.table(), positions);
    return q.count();
  }

  @Override
  public int rowsPerTask() {
    return 1;
  }

  @Override
  public void run(int row, int worker) {
    long angles = step.position(step.firstToken(op.q().rows()) + row) * 2L * pairs;
    for (int pair = 0; pair < pairs; pair++) {
      float cos = table.get(angles + pair);
      float sin = table.get(angles + pairs + pair);
      int first = op.style() == RopeStyle.INTERLEAVED ? 2 * pair : pair;
      int second = op.style() == RopeStyle.INTERLEAVED ? 2 * pair + 1 : pair + pairs;
      turn(q, row, heads, first, second, cos, sin);
      turn(k, row, keyHeads, first, second, cos, sin);
    }
  }

  private static void turn(
      LiveRows rows, int row, int heads, int first, int second, float cos, float sin) {
    for (int head = 0; head < heads; head++) {
      double x = rows.get(row, head, first);
      double y = rows.get(row, head, second);
      rows.set(row, head, first, x * cos - y * sin);
      rows.set(row, head, second, y * cos + x * sin);
    }
  }
}
