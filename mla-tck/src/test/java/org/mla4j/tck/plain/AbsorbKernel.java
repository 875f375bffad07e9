package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Shape;

/** {@code q_latent[t, n] = W_UK[n]^T q_nope[t, n]}, with W_UK transposed when weights are taken. */
final class AbsorbKernel extends RowKernel {
  private final RowView qNope;
  private final RowView qLatent;
  private final FloatWeight transposed;

  AbsorbKernel(AbsorbQuery op, Bindings bindings, PlainContext context) {
    super(context, op.qNope().rows());
    qNope = new RowView(bindings, op.qNope(), context);
    qLatent = new RowView(bindings, op.qLatent(), context);
    transposed = transposed(op, qNope.outer(), qNope.inner(), context);
  }

  /** The key projections as {@code [N * L, P]}. */
  static FloatWeight transposed(AbsorbQuery op, int heads, int nope, PlainContext context) {
    FloatWeight kvB = context.weights().take(op.kvB());
    int latent = kvB.columns();
    HeadRows rows = new HeadRows(heads, nope, kvB.rows() / heads - nope, context);
    FloatWeight target =
        context
            .weights()
            .derived("W_UK of " + op.kvB().name(), Shape.of((long) heads * latent, nope));
    context
        .weights()
        .derive(() -> {
          for (int head = 0; head < heads; head++) {
            for (int p = 0; p < nope; p++) {
              for (int l = 0; l < latent; l++) {
                target.set(head * latent + l, p, kvB.get(rows.key(head) + p, l));
              }
            }
          }
        });
    return target;
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    absorb(transposed, qNope, qNope.at(step, row), qLatent, qLatent.at(step, row));
  }

  static void absorb(FloatWeight transposed, RowView qNope, long from, RowView qLatent, long to) {
    int latent = qLatent.inner();
    for (int head = 0; head < qNope.outer(); head++) {
      for (int l = 0; l < latent; l++) {
        double sum = 0;
        for (int p = 0; p < qNope.inner(); p++) {
          sum += (double) transposed.get(head * latent + l, p) * qNope.get(from, head, p);
        }
        qLatent.set(to, head, l, (float) sum);
      }
    }
  }
}
