package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.step.StepDescription;

/** Both down-projections of a token from one look at its hidden state. */
final class FusedDownKernel extends RowKernel {
  private final RowView x;
  private final RowView q;
  private final RowView kv;
  private final LinearKernel.Projection toQ;
  private final LinearKernel.Projection toKv;
  private final Workspace input;

  FusedDownKernel(QkvAProj op, Bindings bindings, PlainContext context) {
    super(context, op.q().x().rows());
    x = new RowView(bindings, op.q().x(), context);
    q = new RowView(bindings, op.q().out(), context);
    kv = new RowView(bindings, op.kv().out(), context);
    toQ = new LinearKernel.Projection(op.q(), context);
    toKv = new LinearKernel.Projection(op.kv(), context);
    input = context.workspace("linear input", x.width());
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    input.load(worker, x, x.at(step, row));
    for (int o = 0; o < toQ.outputs(); o++) {
      q.set(q.at(step, row), o, toQ.output(o, input, worker));
    }
    for (int o = 0; o < toKv.outputs(); o++) {
      kv.set(kv.at(step, row), o, toKv.output(o, input, worker));
    }
  }
}
