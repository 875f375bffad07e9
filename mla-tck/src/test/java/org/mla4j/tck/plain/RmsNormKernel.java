package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;

/** {@code out = x / sqrt(mean(x^2) + eps) * weight * scale}. */
final class RmsNormKernel extends RowKernel {
  private final RowView x;
  private final RowView out;
  private final Norm norm;

  RmsNormKernel(RmsNorm op, Bindings bindings, PlainContext context) {
    super(context, op.x().rows());
    x = new RowView(bindings, op.x(), context);
    out = new RowView(bindings, op.out(), context);
    norm = new Norm(op, context);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    norm.apply(x, x.at(step, row), out, out.at(step, row));
  }
}
