package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.Add;
import org.mla4j.api.step.StepDescription;

/** {@code x += y}. */
final class AddKernel extends RowKernel {
  private final RowView x;
  private final RowView y;

  AddKernel(Add op, Bindings bindings, PlainContext context) {
    super(context, op.x().rows());
    x = new RowView(bindings, op.x(), context);
    y = new RowView(bindings, op.y(), context);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    long to = x.at(step, row);
    long from = y.at(step, row);
    for (int i = 0; i < x.width(); i++) {
      x.set(to, i, x.get(to, i) + y.get(from, i));
    }
  }
}
