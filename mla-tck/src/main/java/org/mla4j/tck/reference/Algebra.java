package org.mla4j.tck.reference;

import org.mla4j.api.spec.RopeStyle;

/** The formulas that several references share. */
final class Algebra {
  private Algebra() {}

  /** {@code weight x + bias}, with a row of the weight for each element of the bias. */
  static double[] product(double[] weight, double[] x, double[] bias) {
    double[] out = bias.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] += dot(weight, i * x.length, x, 0, x.length);
    }
    return out;
  }

  static double dot(double[] a, int atA, double[] b, int atB, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += a[atA + i] * b[atB + i];
    }
    return sum;
  }

  static double[] norm(double[] x, double[] weight, double eps, double scale) {
    double squares = dot(x, 0, x, 0, x.length);
    double factor = scale / Math.sqrt(squares / x.length + eps);
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] * factor * weight[i];
    }
    return out;
  }

  static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  /**
   * Turns the pairs of {@code width} elements from {@code start} on by the angles of a position.
   */
  static void rotate(
      double[] x, int start, int width, double[] table, int position, RopeStyle style) {
    if ((position + 1L) * width > table.length) {
      throw new IllegalArgumentException(
          "Position " + position + "; expected 0 to " + (table.length / width - 1) + ".");
    }
    int pairs = width / 2;
    for (int i = 0; i < pairs; i++) {
      int first = start + (style == RopeStyle.INTERLEAVED ? 2 * i : i);
      int second = start + (style == RopeStyle.INTERLEAVED ? 2 * i + 1 : i + pairs);
      double cos = table[position * width + i];
      double sin = table[position * width + pairs + i];
      double turned = x[first] * cos - x[second] * sin;
      x[second] = x[second] * cos + x[first] * sin;
      x[first] = turned;
    }
  }
}
