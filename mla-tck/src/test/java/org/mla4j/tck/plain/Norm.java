package org.mla4j.tck.plain;

import org.mla4j.api.op.RmsNorm;

/** The factor that a norm multiplies a row by, and its weight. */
final class Norm {
  private final FloatWeight weight;
  private final double eps;
  private final double scale;
  private final boolean epsOutside;

  Norm(RmsNorm op, PlainContext context) {
    weight = context.weights().take(op.weight());
    eps = op.eps();
    scale = context.wrong(Mistake.OUTPUT_SCALE_FORGOTTEN) ? 1 : op.scale();
    epsOutside = context.wrong(Mistake.EPS_OUTSIDE_ROOT);
  }

  double factor(double sumOfSquares, int width) {
    double mean = sumOfSquares / width;
    return scale / (epsOutside ? Math.sqrt(mean) + eps : Math.sqrt(mean + eps));
  }

  float apply(double factor, int index, double number) {
    return (float) (number * factor * weight.get(index));
  }

  /** Norms the first numbers of a workspace in place. */
  void apply(Workspace numbers, int worker, int width) {
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += numbers.get(worker, i) * numbers.get(worker, i);
    }
    double factor = factor(sum, width);
    for (int i = 0; i < width; i++) {
      numbers.set(worker, i, apply(factor, i, numbers.get(worker, i)));
    }
  }

  /** Norms a row into another, or into itself. */
  void apply(RowView x, long from, RowView out, long to) {
    double sum = 0;
    for (int i = 0; i < x.width(); i++) {
      sum += (double) x.get(from, i) * x.get(from, i);
    }
    double factor = factor(sum, x.width());
    for (int i = 0; i < x.width(); i++) {
      out.set(to, i, apply(factor, i, x.get(from, i)));
    }
  }
}
