package org.mla4j.tck.plain;

/** Turns scores into weights. */
final class Softmax {
  private final boolean base2;
  private final boolean keepsState;
  private double last;
  private double left;

  Softmax(PlainContext context) {
    base2 = context.wrong(Mistake.BASE_2_LSE);
    keepsState = context.wrong(Mistake.STATE_LEFT_BETWEEN_BATCHES);
  }

  /** Starts a batch. */
  void begin() {
    left = keepsState ? last : 0;
  }

  /**
   * Replaces scores by weights that sum to 1.
   *
   * @param scores at least one, from the start of the worker's part
   * @return the natural logarithm of the sum of their exponentials
   */
  double weights(Workspace scores, int worker, int count) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      largest = Math.max(largest, scores.get(worker, j));
    }
    double sum = left;
    for (int j = 0; j < count; j++) {
      double weight = Math.exp(scores.get(worker, j) - largest);
      scores.set(worker, j, weight);
      sum += weight;
    }
    for (int j = 0; j < count; j++) {
      scores.set(worker, j, scores.get(worker, j) / sum);
    }
    last = sum;
    double lse = largest + Math.log(sum);
    return base2 ? lse / Math.log(2) : lse;
  }
}
