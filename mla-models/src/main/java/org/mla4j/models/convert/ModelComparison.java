package org.mla4j.models.convert;

import java.util.List;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;

/** Runs two models of one vocabulary side by side over a text. */
final class ModelComparison {
  private int positions;
  private int predicted;
  private double cosines;
  private double largestLogit;
  private double largestDifference;
  private double lossBefore;
  private double lossAfter;

  private ModelComparison() {}

  /**
   * Compares.
   *
   * @param windows token ids, none empty
   * @param options threads and progress
   */
  static ModelChange of(
      ModelDefinition before, ModelDefinition after, int[][] windows, EngineOptions options) {
    ModelComparison sums = new ModelComparison();
    try (Windows source = new Windows(before, options, windows);
        Windows target = new Windows(after, options, windows)) {
      for (int i = 0; i < windows.length; i++) {
        int[] ids = windows[i];
        for (int from = 0; from < ids.length; ) {
          List<float[]> expected = source.logits(ids, from);
          List<float[]> found = target.logits(ids, from);
          for (int row = 0; row < expected.size(); row++) {
            int next = from + row + 1 < ids.length ? ids[from + row + 1] : -1;
            sums.add(expected.get(row), found.get(row), next);
          }
          from += expected.size();
        }
        options.progress().progress("windows compared", i + 1, windows.length);
      }
    }
    return new ModelChange(
        sums.positions,
        sums.cosines / sums.positions,
        sums.largestDifference / sums.largestLogit,
        Math.exp(sums.lossBefore / sums.predicted),
        Math.exp(sums.lossAfter / sums.predicted));
  }

  private void add(float[] expected, float[] found, int next) {
    double product = 0;
    double expectedSquare = 0;
    double foundSquare = 0;
    for (int i = 0; i < expected.length; i++) {
      product += (double) expected[i] * found[i];
      expectedSquare += (double) expected[i] * expected[i];
      foundSquare += (double) found[i] * found[i];
      largestLogit = Math.max(largestLogit, Math.abs(expected[i]));
      largestDifference = Math.max(largestDifference, Math.abs((double) expected[i] - found[i]));
    }
    positions++;
    cosines += product / Math.sqrt(expectedSquare * foundSquare);
    if (next >= 0) {
      predicted++;
      lossBefore += loss(expected, next);
      lossAfter += loss(found, next);
    }
  }

  /** What a token costs, in nats. */
  private static double loss(float[] logits, int token) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum) - logits[token];
  }
}
