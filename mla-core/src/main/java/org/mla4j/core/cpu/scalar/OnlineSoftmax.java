package org.mla4j.core.cpu.scalar;

import java.util.Arrays;

/**
 * The soft-max weighted sum of rows whose scores come one after another.
 *
 * <p>Weights are taken relative to the largest score so far, so that none overflows; when a larger
 * one comes, what was summed is scaled down (Milakov and Gimelshein, arXiv 1805.02867).
 */
final class OnlineSoftmax {
  private final double[] sums;
  private double largest;
  private double mass;

  OnlineSoftmax(int width) {
    sums = new double[width];
  }

  void clear() {
    Arrays.fill(sums, 0);
    largest = Double.NEGATIVE_INFINITY;
    mass = 0;
  }

  /** Adds the start of a row. */
  void add(double score, float[] row) {
    add(score, row, 0);
  }

  /** Adds part of a row, from an index on. */
  void add(double score, float[] row, int from) {
    if (score > largest) {
      double shrink = Math.exp(largest - score);
      for (int i = 0; i < sums.length; i++) {
        sums[i] *= shrink;
      }
      mass *= shrink;
      largest = score;
    }
    double weight = Math.exp(score - largest);
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * row[from + i];
    }
    mass += weight;
  }

  /** Writes the weighted mean of the rows; zeros if there were none. */
  void write(LiveRows out, int row, int head) {
    for (int i = 0; i < sums.length; i++) {
      out.set(row, head, i, mass == 0 ? 0 : sums[i] / mass);
    }
  }

  /**
   * The natural logarithm of the sum of the exponentials of all scores; minus infinity if there
   * were none.
   */
  double logSumExp() {
    return largest + Math.log(mass);
  }

  /** Some of one width. */
  static OnlineSoftmax[] several(int count, int width) {
    OnlineSoftmax[] all = new OnlineSoftmax[count];
    Arrays.setAll(all, i -> new OnlineSoftmax(width));
    return all;
  }
}
