package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.StepDescription;

/** {@code out = silu(gate) * up}. */
final class SiluKernel extends RowKernel {
  private final RowView gateUp;
  private final RowView out;

  SiluKernel(SiluAndMul op, Bindings bindings, PlainContext context) {
    super(context, op.out().rows());
    gateUp = new RowView(bindings, op.gateUp(), context);
    out = new RowView(bindings, op.out(), context);
  }

  static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    long from = gateUp.at(step, row);
    long to = out.at(step, row);
    for (int i = 0; i < out.width(); i++) {
      double up = gateUp.get(from, out.width() + i);
      out.set(to, i, (float) (silu(gateUp.get(from, i)) * up));
    }
  }
}
