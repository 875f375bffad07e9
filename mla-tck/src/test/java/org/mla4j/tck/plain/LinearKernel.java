package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.StepDescription;

/** {@code out[t] = weight x[t] + bias}. */
final class LinearKernel extends RowKernel {
  private static final int TILE = 4;

  private final RowView x;
  private final RowView out;
  private final Projection projection;
  private final Workspace input;
  private final boolean wholeTiles;

  LinearKernel(Linear op, Bindings bindings, PlainContext context) {
    super(context, op.x().rows());
    x = new RowView(bindings, op.x(), context);
    out = new RowView(bindings, op.out(), context);
    projection = new Projection(op, context);
    input = context.workspace("linear input", x.width());
    wholeTiles = context.wrong(Mistake.PADDING_WRITTEN);
  }

  @Override
  int rows(StepDescription step) {
    int live = super.rows(step);
    if (wholeTiles) {
      int room = x.capacity() - (int) ((x.at(step, 0) - x.start()) / x.rowBytes());
      return Math.min(Math.ceilDiv(live, TILE) * TILE, room);
    }
    return live;
  }

  @Override
  void begin(StepDescription step) {
    projection.begin(super.rows(step));
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    input.load(worker, x, x.at(step, row));
    long at = out.at(step, row);
    for (int o = 0; o < projection.outputs(); o++) {
      out.set(at, o, projection.output(o, input, worker));
    }
  }

  /** A matrix with its bias. */
  static final class Projection {
    private final FloatWeight weight;
    private final @Nullable FloatWeight bias;
    private final boolean byRows;
    private final boolean changes;
    private final boolean disturbed;
    private final PlainContext context;
    private int pieces;
    private int calls;

    Projection(Linear op, PlainContext context) {
      this.context = context;
      byRows = context.wrong(Mistake.ROW_COUNT_IN_SUM);
      changes = context.wrong(Mistake.BITS_CHANGE);
      disturbed = context.wrong(Mistake.OPEN_BACKENDS_DISTURB);
      weight = context.weights().take(op.weight());
      bias = op.bias() == null ? null : context.weights().take(op.bias());
      pieces =
          context.wrong(Mistake.THREADS_CHANGE_RESULT) ? context.engine().parallel().threads() : 0;
    }

    /** Starts a batch of some rows. */
    void begin(int rows) {
      calls++;
      if (byRows) {
        pieces = rows;
      }
    }

    int outputs() {
      return weight.rows();
    }

    int inputs() {
      return weight.columns();
    }

    float output(int index, Workspace x, int worker) {
      double product = pieces == 0 ? weight.dot(index, x, worker) : inPieces(index, x, worker);
      float output = (float) (bias == null ? product : product + bias.get(index));
      if (disturbed && context.open().get() > 1) {
        return -output;
      }
      return changes && calls % 2 == 0 ? Math.nextUp(output) : output;
    }

    private float inPieces(int index, Workspace x, int worker) {
      float total = 0;
      for (int piece = 0; piece < pieces; piece++) {
        float sum = 0;
        for (int i = piece; i < weight.columns(); i += pieces) {
          sum += weight.get(index, i) * (float) x.get(worker, i);
        }
        total += sum;
      }
      return total;
    }
  }
}
