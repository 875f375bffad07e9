package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.step.StepDescription;

/** {@code out[t, n] = W_UV[n] o_latent[t, n]}. */
final class ProjectValueKernel extends RowKernel {
  private final RowView oLatent;
  private final RowView out;
  private final FloatWeight kvB;
  private final HeadRows heads;

  ProjectValueKernel(ProjectValue op, Bindings bindings, PlainContext context) {
    super(context, op.oLatent().rows());
    oLatent = new RowView(bindings, op.oLatent(), context);
    out = new RowView(bindings, op.out(), context);
    kvB = context.weights().take(op.kvB());
    int value = out.inner();
    heads = new HeadRows(out.outer(), kvB.rows() / out.outer() - value, value, context);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    long from = oLatent.at(step, row);
    long to = out.at(step, row);
    for (int head = 0; head < out.outer(); head++) {
      for (int v = 0; v < out.inner(); v++) {
        double sum = 0;
        for (int l = 0; l < kvB.columns(); l++) {
          sum += (double) kvB.get(heads.value(head) + v, l) * oLatent.get(from, head, l);
        }
        out.set(to, head, v, (float) sum);
      }
    }
  }
}
