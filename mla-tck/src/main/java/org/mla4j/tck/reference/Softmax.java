package org.mla4j.tck.reference;

/** Weighted sums of values by the soft-max of their scores. */
final class Softmax {
  private Softmax() {}

  /** What attention of one head gives; without scores 0 and minus infinity. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Result(double[] out, double logSumExp) {}

  /**
   * Attends.
   *
   * @param scores one per key
   * @param values one row per key
   * @param from first element of a value row that counts
   * @param width elements that count
   */
  static Result attend(double[] scores, double[][] values, int from, int width) {
    double[] out = new double[width];
    double largest = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      largest = Math.max(largest, score);
    }
    if (scores.length == 0) {
      return new Result(out, largest);
    }
    double sum = 0;
    for (int key = 0; key < scores.length; key++) {
      double weight = Math.exp(scores[key] - largest);
      sum += weight;
      double[] value = values[key];
      for (int i = 0; i < width; i++) {
        out[i] += weight * value[from + i];
      }
    }
    for (int i = 0; i < width; i++) {
      out[i] /= sum;
    }
    return new Result(out, Math.log(sum) + largest);
  }
}
