package org.mla4j.models.convert;

import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The rotary key that all heads share. A rotary pair is a complex number, which rotation
 * multiplies; a complex combination of the same pair of several heads rotates as each of them does.
 * For each slot of the shared key, the combination that keeps most energy is taken: the first
 * principal component of pairs as complex numbers, each weighted by the energy of the queries it
 * meets. What it does not keep stays with the latent and rotates no more.
 *
 * @param project {@code [R, G d]}: keys to the shared key, pairs interleaved
 * @param spread {@code [G d, R]}: the shared key back to keys; transposed, queries of a head to
 *     what meets the shared key
 * @param energy part of the energy of the pairs in slots that the shared key keeps
 */
record SharedRope(RealMatrix project, RealMatrix spread, double energy) {
  /** Keys without this part of their energy count as kept whole. */
  private static final double ROUNDING = 1e-9;

  /**
   * Finds the shared key of a layer.
   *
   * @param slots pairs of the shared key
   * @param fold neighbouring pairs of a head that share a slot and its frequency
   */
  static SharedRope of(GqaShape shape, Moments moments, int slots, int fold) {
    RealMatrix project = MatrixUtils.createRealMatrix(2 * slots, shape.keyWidth());
    RealMatrix spread = MatrixUtils.createRealMatrix(shape.keyWidth(), 2 * slots);
    double kept = 0;
    double all = 0;
    for (int slot = 0; slot < slots; slot++) {
      Slot pairs = new Slot(shape, moments, slot * fold, fold);
      Spectrum spectrum = Spectrum.of(pairs.covariance());
      pairs.fill(spectrum.vectors().getColumn(0), slot, project, spread);
      // Each eigenvalue of a complex matrix of n columns comes twice in the real one of 2 n.
      kept += spectrum.value(0);
      for (int i = 0; i < spectrum.size(); i++) {
        all += spectrum.value(i) / 2;
      }
    }
    return new SharedRope(project, spread, all == 0 ? 1 : kept / all);
  }

  /**
   * Finds the shared key of a layer whose heads are normed. The norm takes each head as it is, so
   * that no factor of a head's own may stand between the shared key and the head: the nearest key
   * is the mean of the heads, weighted by the energy of the queries that meet them.
   *
   * @param slots pairs of the shared key
   */
  static SharedRope ofNormedHeads(GqaShape shape, Moments moments, int slots) {
    RealMatrix project = MatrixUtils.createRealMatrix(2 * slots, shape.keyWidth());
    RealMatrix spread = MatrixUtils.createRealMatrix(shape.keyWidth(), 2 * slots);
    double kept = 0;
    double all = 0;
    for (int slot = 0; slot < slots; slot++) {
      Slot pairs = new Slot(shape, moments, slot, 1);
      pairs.fillWithMean(slot, project, spread);
      kept += pairs.energyOfMean();
      all += pairs.energy();
    }
    return new SharedRope(project, spread, all == 0 ? 1 : kept / all);
  }

  /** Tells whether nothing is left of the pairs in slots. */
  boolean exact() {
    return energy >= 1 - ROUNDING;
  }

  /** The pairs of all heads that share one slot. */
  private static final class Slot {
    private final int count;
    private final int[] real;
    private final int[] imaginary;
    private final double[] weight;
    private final RealMatrix moments;

    Slot(GqaShape shape, Moments moments, int firstPair, int fold) {
      this.moments = moments.keysAndValues();
      count = shape.keyHeads() * fold;
      real = new int[count];
      imaginary = new int[count];
      weight = new double[count];
      double most = 0;
      for (int i = 0; i < count; i++) {
        int head = i / fold;
        int pair = firstPair + i % fold;
        RealMatrix queries = moments.queries(head);
        real[i] = head * shape.headDim() + pair;
        imaginary[i] = real[i] + shape.pairs();
        weight[i] =
            Math.sqrt(
                queries.getEntry(pair, pair)
                    + queries.getEntry(pair + shape.pairs(), pair + shape.pairs()));
        most = Math.max(most, weight[i]);
      }
      for (int i = 0; i < count; i++) {
        // Where no query looks, any key will do; but it is divided by.
        weight[i] = most == 0 ? 1 : Math.max(weight[i], 1e-6 * most);
      }
    }

    /** The Hermitian covariance {@code A + i B} as the symmetric {@code [[A, -B], [B, A]]}. */
    RealMatrix covariance() {
      RealMatrix matrix = MatrixUtils.createRealMatrix(2 * count, 2 * count);
      for (int a = 0; a < count; a++) {
        for (int b = 0; b < count; b++) {
          double factor = weight[a] * weight[b];
          double symmetric =
              factor
                  * (moments.getEntry(real[a], real[b])
                      + moments.getEntry(imaginary[a], imaginary[b]));
          double skew =
              factor
                  * (moments.getEntry(imaginary[a], real[b])
                      - moments.getEntry(real[a], imaginary[b]));
          matrix.setEntry(a, b, symmetric);
          matrix.setEntry(a + count, b + count, symmetric);
          matrix.setEntry(a + count, b, skew);
          matrix.setEntry(a, b + count, -skew);
        }
      }
      return matrix;
    }

    /** The shared key {@code k = sum w^2 z / sum w^2}, and every head as that key. */
    void fillWithMean(int slot, RealMatrix project, RealMatrix spread) {
      double sum = squares();
      for (int i = 0; i < count; i++) {
        double part = weight[i] * weight[i] / sum;
        project.setEntry(2 * slot, real[i], part);
        project.setEntry(2 * slot + 1, imaginary[i], part);
        spread.setEntry(real[i], 2 * slot, 1);
        spread.setEntry(imaginary[i], 2 * slot + 1, 1);
      }
    }

    /** Energy of all heads, weighted. */
    double energy() {
      double energy = 0;
      for (int i = 0; i < count; i++) {
        energy += weight[i] * weight[i] * product(i, i);
      }
      return energy;
    }

    /** What of it the mean has. */
    double energyOfMean() {
      double energy = 0;
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
          energy += weight[i] * weight[i] * weight[j] * weight[j] * product(i, j);
        }
      }
      return energy / squares();
    }

    private double squares() {
      double sum = 0;
      for (double each : weight) {
        sum += each * each;
      }
      return sum;
    }

    private double product(int i, int j) {
      return moments.getEntry(real[i], real[j]) + moments.getEntry(imaginary[i], imaginary[j]);
    }

    /** Writes {@code k = u* W z} and {@code z = W^-1 u k} for a unit vector {@code u}. */
    void fill(double[] u, int slot, RealMatrix project, RealMatrix spread) {
      int re = 2 * slot;
      int im = re + 1;
      for (int i = 0; i < count; i++) {
        double x = u[i] * weight[i];
        double y = u[i + count] * weight[i];
        project.setEntry(re, real[i], x);
        project.setEntry(re, imaginary[i], y);
        project.setEntry(im, real[i], -y);
        project.setEntry(im, imaginary[i], x);
        x = u[i] / weight[i];
        y = u[i + count] / weight[i];
        spread.setEntry(real[i], re, x);
        spread.setEntry(real[i], im, -y);
        spread.setEntry(imaginary[i], re, y);
        spread.setEntry(imaginary[i], im, x);
      }
    }
  }
}
