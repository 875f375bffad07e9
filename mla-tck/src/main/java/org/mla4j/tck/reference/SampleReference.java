package org.mla4j.tck.reference;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Sampling;

/** The draw of a token. */
public final class SampleReference {
  private SampleReference() {}

  static void sample(Sample op, StepMemory memory) {
    for (int row = 0; row < memory.rows(op.ids()); row++) {
      memory.set(
          op.ids(),
          row,
          0,
          draw(memory.row(op.logits(), row), memory.step().sampling(row), memory.step().draw(row)));
    }
  }

  /**
   * Draws a token.
   *
   * @param logits one per token
   * @param how the parameters
   * @param draw a number of [0, 1)
   * @return the id; {@link Sample#UNUSABLE} if none can be drawn
   */
  public static int draw(double[] logits, Sampling how, double draw) {
    return draw(logits, how, draw, how.topP(), how.minP());
  }

  /**
   * Draws with every rounding that binary32 arithmetic may have near the edges of what is kept.
   *
   * @param logits one per token
   * @param how the parameters
   * @param draw a number of [0, 1)
   * @return the ids that are right
   */
  public static Set<Integer> draws(double[] logits, Sampling how, double draw) {
    double[] nudges = {0, -1e-5, 1e-5};
    Set<Integer> ids = new TreeSet<>();
    for (double nudge : nudges) {
      for (double edge : nudges) {
        double topP = how.topP() == 1 ? 1 : Math.min(1, how.topP() + edge);
        ids.add(draw(logits, how, Math.clamp(draw + nudge, 0, 1), topP, how.minP() * (1 + edge)));
      }
    }
    return ids;
  }

  private static int draw(double[] logits, Sampling how, double draw, double topP, double minP) {
    if (Arrays.stream(logits).anyMatch(Double::isNaN)) {
      return Sample.UNUSABLE;
    }
    // A stable sort: equal logits rank by token id.
    Integer[] ranked = new Integer[logits.length];
    Arrays.setAll(ranked, i -> i);
    Arrays.sort(ranked, (a, b) -> Double.compare(logits[b], logits[a]));
    double largest = logits[ranked[0]];
    if (largest == Double.NEGATIVE_INFINITY) {
      return Sample.UNUSABLE;
    }
    if (how.isGreedy()) {
      return ranked[0];
    }
    double[] weights = new double[logits.length];
    int kept = how.topK() == 0 ? logits.length : Math.min(how.topK(), logits.length);
    double mass = 0;
    for (int rank = 0; rank < kept; rank++) {
      double logit = logits[ranked[rank]];
      weights[ranked[rank]] =
          logit == largest ? 1 : Math.exp((logit - largest) / how.temperature());
      mass += weights[ranked[rank]];
    }
    for (int i = 0; minP > 0 && i < weights.length; i++) {
      weights[i] = weights[i] < minP ? 0 : weights[i];
    }
    double reached = 0;
    double total = 0;
    for (int token : ranked) {
      if (topP < 1 && reached >= topP * mass) {
        weights[token] = 0;
      }
      reached += weights[token];
      total += weights[token];
    }
    return pick(weights, draw * total);
  }

  private static int pick(double[] weights, double target) {
    int picked = Sample.UNUSABLE;
    double passed = 0;
    for (int token = 0; token < weights.length; token++) {
      if (weights[token] > 0) {
        picked = token;
        passed += weights[token];
        if (passed > target) {
          break;
        }
      }
    }
    return picked;
  }
}
