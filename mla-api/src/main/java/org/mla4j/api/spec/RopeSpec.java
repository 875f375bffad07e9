package org.mla4j.api.spec;

/**
 * Rotary position embedding of one part of a head.
 *
 * @param dim width of the rotary part; even
 * @param theta base of the frequencies
 * @param style which elements pair
 * @param scaling how frequencies are changed
 * @param maxPositions positions the model was made for; a table may be shorter, never longer
 */
public record RopeSpec(
    int dim, double theta, RopeStyle style, RopeScaling scaling, int maxPositions) {
  /**
   * Checks the numbers.
   *
   * @throws org.mla4j.api.error.InvalidInputException if {@code dim} is odd or not positive,
   *     another number is not positive, or the scaling has factors for another number of pairs
   */
  public RopeSpec {
    SpecCheck.positive("RopeSpec", "dim", dim);
    SpecCheck.require(
        dim % 2 == 0,
        "RopeSpec",
        "dim = " + dim + "; expected an even number, since elements turn in pairs");
    SpecCheck.positive("RopeSpec", "theta", theta);
    SpecCheck.positive("RopeSpec", "maxPositions", maxPositions);
    if (scaling instanceof RopeScaling.LongRope factors) {
      int count = factors.shortFactors().size();
      SpecCheck.require(
          count == dim / 2,
          "RopeSpec",
          count + " factors of frequencies; expected dim / 2 = " + dim / 2);
    }
  }

  /**
   * Computes the angle per position of each pair, for a table of all positions.
   *
   * @return {@code dim / 2} frequencies in radians, before rounding to binary32
   */
  public double[] inverseFrequencies() {
    return inverseFrequencies(maxPositions);
  }

  /**
   * Computes the angle per position of each pair.
   *
   * @param positions rows of the table: {@link RopeScaling.LongRope} depends on them
   * @return {@code dim / 2} frequencies in radians, before rounding to binary32
   */
  public double[] inverseFrequencies(int positions) {
    double[] frequencies = new double[dim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / Math.pow(theta, 2.0 * i / dim);
    }
    switch (scaling) {
      case RopeScaling.None _ -> {}
      case RopeScaling.Yarn yarn -> applyYarn(yarn, frequencies);
      case RopeScaling.LongRope rope -> {
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= rope.factors(positions).get(i);
        }
      }
    }
    return frequencies;
  }

  /**
   * Returns the factor that cos and sin are multiplied by.
   *
   * @return 1 without scaling
   */
  public double attentionFactor() {
    return switch (scaling) {
      case RopeScaling.None none -> 1;
      case RopeScaling.Yarn yarn ->
          RopeScaling.Yarn.mscale(yarn.factor(), yarn.mscale())
              / RopeScaling.Yarn.mscale(yarn.factor(), yarn.mscaleAllDim());
      case RopeScaling.LongRope rope -> rope.attentionFactor();
    };
  }

  private void applyYarn(RopeScaling.Yarn yarn, double[] frequencies) {
    double low = Math.max(Math.floor(correctionDim(yarn, yarn.betaFast())), 0);
    double high = Math.min(Math.ceil(correctionDim(yarn, yarn.betaSlow())), dim - 1);
    if (low == high) {
      high += 0.001; // the reference's guard against a ramp of no width
    }
    for (int i = 0; i < frequencies.length; i++) {
      double ramp = Math.clamp((i - low) / (high - low), 0.0, 1.0);
      frequencies[i] = frequencies[i] / yarn.factor() * ramp + frequencies[i] * (1 - ramp);
    }
  }

  /** The pair index whose frequency makes the given number of turns within the original context. */
  private double correctionDim(RopeScaling.Yarn yarn, double rotations) {
    return dim
        * Math.log(yarn.originalMaxPositions() / (rotations * 2 * Math.PI))
        / (2 * Math.log(theta));
  }
}
