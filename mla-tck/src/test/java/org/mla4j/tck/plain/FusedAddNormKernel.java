package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.step.StepDescription;

/** {@code x += y; out = rms_norm(x)}, reading each element of x and y once. */
final class FusedAddNormKernel extends RowKernel {
  private final RowView x;
  private final RowView y;
  private final RowView out;
  private final Norm norm;
  private final Workspace sums;
  private final boolean keepsSum;

  FusedAddNormKernel(FusedAddRmsNorm op, Bindings bindings, PlainContext context) {
    super(context, op.add().x().rows());
    x = new RowView(bindings, op.add().x(), context);
    y = new RowView(bindings, op.add().y(), context);
    out = new RowView(bindings, op.norm().out(), context);
    norm = new Norm(op.norm(), context);
    sums = context.workspace("sums of a row", x.width());
    keepsSum = context.wrong(Mistake.RESIDUAL_NOT_WRITTEN);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    long xRow = x.at(step, row);
    long yRow = y.at(step, row);
    double squares = 0;
    for (int i = 0; i < x.width(); i++) {
      float sum = x.get(xRow, i) + y.get(yRow, i);
      if (!keepsSum) {
        x.set(xRow, i, sum);
      }
      sums.set(worker, i, sum);
      squares += (double) sum * sum;
    }
    double factor = norm.factor(squares, x.width());
    long to = out.at(step, row);
    for (int i = 0; i < x.width(); i++) {
      out.set(to, i, norm.apply(factor, i, sums.get(worker, i)));
    }
  }
}
