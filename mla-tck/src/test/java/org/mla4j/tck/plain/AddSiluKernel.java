package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.step.StepDescription;

/** {@code x += silu(y)}. */
final class AddSiluKernel extends RowKernel {
  private final RowView x;
  private final RowView y;
  private final boolean forgetsGate;

  AddSiluKernel(AddSilu op, Bindings bindings, PlainContext context) {
    super(context, op.x().rows());
    x = new RowView(bindings, op.x(), context);
    y = new RowView(bindings, op.y(), context);
    forgetsGate = context.wrong(Mistake.OWN_OP_WITHOUT_SILU);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    long to = x.at(step, row);
    long from = y.at(step, row);
    for (int i = 0; i < x.width(); i++) {
      float number = y.get(from, i);
      double added = forgetsGate ? number : SiluKernel.silu(number);
      x.set(to, i, (float) (x.get(to, i) + added));
    }
  }
}
