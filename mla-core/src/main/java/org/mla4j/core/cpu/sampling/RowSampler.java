package org.mla4j.core.cpu.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Sampling;

/**
 * Draws a token from one row of logits, as {@link Sampling} says: a pure function of logits,
 * parameters and the uniform draw.
 *
 * <p>Probabilities are computed in binary64. The mass that {@code topP} counts is that of the
 * soft-max over the {@code topK} largest, before {@code minP}: if what {@code minP} left does not
 * reach it, all of that is kept. The tokens kept lie on the unit interval in the order of their
 * ids, each as long as its probability; the token that covers the draw is taken.
 *
 * <p>Nothing is allocated after construction. Threading: one thread at a time; it keeps nothing
 * from one row to the next.
 */
public final class RowSampler {
  private static final int NONE = -1;

  private final float[] logits;
  private final double[] weights;
  private final KeptTokens kept;

  /**
   * Makes a sampler with scratch memory for one row: 16 bytes per token.
   *
   * @param vocabulary the number of logits in a row
   */
  public RowSampler(int vocabulary) {
    logits = new float[vocabulary];
    weights = new double[vocabulary];
    kept = new KeptTokens(logits);
  }

  /**
   * Draws a token.
   *
   * @param segment where the logits are, F32, side by side, at any alignment; read only
   * @param offset where the row starts, in bytes
   * @param how how to draw
   * @param draw a uniform number of [0, 1)
   * @return the id of the token; {@link Sample#UNUSABLE} if a logit is not a number, or none is
   *     above minus infinity
   */
  public int sample(MemorySegment segment, long offset, Sampling how, double draw) {
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, logits, 0, logits.length);
    int largest = largest();
    if (how.isGreedy() || largest == Sample.UNUSABLE) {
      return largest;
    }
    boolean all = how.topK() == 0 || how.topK() >= logits.length;
    weigh(logits[largest], how.temperature(), all ? NONE : lastOf(how.topK()));
    double mass = mass();
    if (how.minP() > 0) {
      keepMinP(how.minP());
    }
    if (how.topP() < 1) {
      keepTopP(how.topP(), mass);
    }
    return pick(draw * mass());
  }

  private int largest() {
    int largest = Sample.UNUSABLE;
    float value = Float.NEGATIVE_INFINITY;
    for (int token = 0; token < logits.length; token++) {
      if (logits[token] > value) {
        largest = token;
        value = logits[token];
      } else if (Float.isNaN(logits[token])) {
        return Sample.UNUSABLE;
      }
    }
    return largest;
  }

  /** The token that ranks last of the largest {@code topK}. */
  private int lastOf(int topK) {
    kept.clear();
    for (int token = 0; token < logits.length; token++) {
      if (kept.size() < topK) {
        kept.add(token);
      } else if (kept.ranksBefore(token, kept.last())) {
        kept.replaceLast(token);
      }
    }
    return kept.last();
  }

  /**
   * Computes probabilities relative to that of the largest logit, whose weight is exactly 1, even
   * if it is infinite. Tokens that rank after the last one get none.
   */
  private void weigh(float largest, float temperature, int last) {
    for (int token = 0; token < weights.length; token++) {
      if (last != NONE && kept.ranksBefore(last, token)) {
        weights[token] = 0;
      } else if (logits[token] == largest) {
        weights[token] = 1;
      } else {
        weights[token] = Math.exp(((double) logits[token] - largest) / temperature);
      }
    }
  }

  private void keepMinP(float minP) {
    for (int token = 0; token < weights.length; token++) {
      if (weights[token] < minP) {
        weights[token] = 0;
      }
    }
  }

  private void keepTopP(float topP, double mass) {
    double wanted = topP * mass;
    // All that is lighter than this is less than what may be dropped: few tokens have to be ranked.
    double lightest = (mass - wanted) / weights.length;
    kept.clear();
    double reached = 0;
    for (int token = 0; token < weights.length; token++) {
      if (weights[token] >= lightest) {
        kept.add(token);
        reached += weights[token];
      }
    }
    while (kept.size() > 1 && reached - weights[kept.last()] >= wanted) {
      reached -= weights[kept.last()];
      kept.removeLast();
    }
    int last = kept.last();
    for (int token = 0; token < weights.length; token++) {
      if (kept.ranksBefore(last, token)) {
        weights[token] = 0;
      }
    }
  }

  private double mass() {
    double mass = 0;
    for (double weight : weights) {
      mass += weight;
    }
    return mass;
  }

  private int pick(double target) {
    int picked = NONE;
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
