package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.step.StepDescription;

/** {@code out[r] = x[logit_rows[r]]}. */
final class SelectRowsKernel extends RowKernel {
  private final RowView x;
  private final RowView out;

  SelectRowsKernel(SelectRows op, Bindings bindings, PlainContext context) {
    super(context, op.out().rows());
    x = new RowView(bindings, op.x(), context);
    out = new RowView(bindings, op.out(), context);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    long from = x.atToken(step, step.logitToken(row));
    long to = out.at(step, row);
    for (int i = 0; i < x.width(); i++) {
      out.set(to, i, x.get(from, i));
    }
  }
}
