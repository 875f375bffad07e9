package org.mla4j.models.oracle;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows of numbers, one at a time. */
final class NaiveMath {
  private NaiveMath() {}

  /** {@code matrix x + bias}, the matrix row-major. */
  static double[] linear(double[] matrix, double @Nullable [] bias, double[] x) {
    double[] y = new double[matrix.length / x.length];
    for (int row = 0; row < y.length; row++) {
      double sum = bias == null ? 0 : bias[row];
      for (int i = 0; i < x.length; i++) {
        sum += matrix[row * x.length + i] * x[i];
      }
      y[row] = sum;
    }
    return y;
  }

  static double[] rmsNorm(double[] x, double[] weight, double eps) {
    double meanSquare = Arrays.stream(x).map(value -> value * value).average().orElseThrow();
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] / Math.sqrt(meanSquare + eps) * weight[i];
    }
    return y;
  }

  static double[] softmax(double[] x) {
    double largest = Arrays.stream(x).max().orElseThrow();
    double[] y = Arrays.stream(x).map(value -> Math.exp(value - largest)).toArray();
    double sum = Arrays.stream(y).sum();
    return Arrays.stream(y).map(value -> value / sum).toArray();
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** Adds {@code factor y} to {@code x} in place. */
  static void add(double[] x, double factor, double[] y) {
    for (int i = 0; i < x.length; i++) {
      x[i] += factor * y[i];
    }
  }
}
