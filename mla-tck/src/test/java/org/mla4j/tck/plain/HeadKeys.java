package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;

/** Attention of one token to neighbouring rows of decompressed keys and values. */
final class HeadKeys {
  private static final int TILE = 4;

  private final RowView qNope;
  private final @Nullable RowView qPe;
  private final RowView kNope;
  private final @Nullable RowView kPe;
  private final RowView values;
  private final RowView out;
  private final AttentionRows rows;
  private final double scale;
  private final Workspace scores;
  private final Softmax softmax;
  private final boolean wholeTiles;

  /** The values around the attention, by role. */
  record Operands(
      StepValue qNope,
      @Nullable StepValue qPe,
      StepValue kNope,
      @Nullable StepValue kPe,
      StepValue v,
      StepValue out,
      @Nullable StepValue lse) {}

  HeadKeys(Operands operands, double scale, Bindings bindings, PlainContext context) {
    this.scale = scale;
    qNope = new RowView(bindings, operands.qNope(), context);
    qPe = DecodeKernel.optional(operands.qPe(), bindings, context);
    kNope = new RowView(bindings, operands.kNope(), context);
    kPe = DecodeKernel.optional(operands.kPe(), bindings, context);
    values = new RowView(bindings, operands.v(), context);
    out = new RowView(bindings, operands.out(), context);
    rows =
        new AttentionRows(out, DecodeKernel.optional(operands.lse(), bindings, context), context);
    scores = context.workspace("scores of a token", values.capacity() + TILE);
    softmax = new Softmax(context);
    wholeTiles = context.wrong(Mistake.PADDING_IN_SUM);
  }

  RowView queries() {
    return qNope;
  }

  RowView keys() {
    return kNope;
  }

  void begin() {
    softmax.begin();
  }

  /** Attends to some of the key rows, from one on. */
  void attend(StepDescription step, int row, int firstKey, int count, int worker) {
    if (count == 0) {
      rows.empty(step, row);
      return;
    }
    for (int head = 0; head < qNope.outer(); head++) {
      for (int j = 0; j < count; j++) {
        scores.set(worker, j, scale * score(step, row, firstKey + j, head));
      }
      rows.lse(step, row, head, softmax.weights(scores, worker, count));
      int summed = wholeTiles ? wholeTiles(firstKey, count, worker) : count;
      for (int v = 0; v < values.inner(); v++) {
        double sum = 0;
        for (int j = 0; j < summed; j++) {
          long at = values.at(step, firstKey + j);
          sum += scores.get(worker, j) * values.get(at, head, v);
        }
        out.set(out.at(step, row), head, v, (float) sum);
      }
    }
  }

  private int wholeTiles(int firstKey, int count, int worker) {
    int summed = Math.min(Math.ceilDiv(count, TILE) * TILE, values.capacity() - firstKey);
    for (int j = count; j < summed; j++) {
      scores.set(worker, j, 0);
    }
    return Math.max(summed, count);
  }

  private double score(StepDescription step, int row, int key, int head) {
    long query = qNope.at(step, row);
    long at = kNope.at(step, key);
    double score = 0;
    for (int p = 0; p < qNope.inner(); p++) {
      score += (double) qNope.get(query, head, p) * kNope.get(at, head, p);
    }
    if (qPe != null && kPe != null) {
      long rope = qPe.at(step, row);
      long shared = kPe.at(step, key);
      for (int r = 0; r < qPe.inner(); r++) {
        score += (double) qPe.get(rope, head, r) * kPe.get(shared, r);
      }
    }
    return score;
  }
}
