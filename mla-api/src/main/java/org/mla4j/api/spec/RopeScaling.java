package org.mla4j.api.spec;

import java.util.List;

/** How rotary frequencies are changed for contexts longer than those of the original training. */
public sealed interface RopeScaling {
  /** Frequencies as they are: {@code theta^(-2i / dim)}. */
  record None() implements RopeScaling {}

  /**
   * YaRN as DeepSeek uses it ("deepseek_yarn").
   *
   * <p>Formula (DeepSeek-V2 model code; YaRN paper, arXiv 2309.00071): low frequencies are divided
   * by {@code factor}, high ones kept, and those between blended by a ramp over the pair index; cos
   * and sin are multiplied by {@code mscale(factor, mscale) / mscale(factor, mscaleAllDim)} where
   * {@code mscale(s, a) = 0.1 a ln(s) + 1} for {@code s > 1} and 1 otherwise.
   *
   * @param factor how many times longer the context becomes; positive
   * @param originalMaxPositions positions of the original training
   * @param betaFast rotations above which a frequency is kept
   * @param betaSlow rotations below which a frequency is divided
   * @param mscale the {@code mscale} of the configuration
   * @param mscaleAllDim the {@code mscale_all_dim} of the configuration; 0 when absent
   */
  record Yarn(
      double factor,
      int originalMaxPositions,
      double betaFast,
      double betaSlow,
      double mscale,
      double mscaleAllDim)
      implements RopeScaling {
    /**
     * Checks the numbers.
     *
     * @throws org.mla4j.api.error.InvalidInputException if one is outside its range
     */
    public Yarn {
      SpecCheck.positive("RopeScaling.Yarn", "factor", factor);
      SpecCheck.positive("RopeScaling.Yarn", "originalMaxPositions", originalMaxPositions);
      SpecCheck.positive("RopeScaling.Yarn", "betaFast", betaFast);
      SpecCheck.positive("RopeScaling.Yarn", "betaSlow", betaSlow);
      SpecCheck.notNegative("RopeScaling.Yarn", "mscale", mscale);
      SpecCheck.notNegative("RopeScaling.Yarn", "mscaleAllDim", mscaleAllDim);
    }

    /**
     * Computes {@code mscale(s, a)}.
     *
     * @param scale {@code s}
     * @param a {@code a}
     * @return {@code 0.1 a ln(s) + 1}, or 1 if {@code s <= 1}
     */
    public static double mscale(double scale, double a) {
      return scale <= 1 ? 1 : 0.1 * a * Math.log(scale) + 1;
    }
  }

  /**
   * LongRoPE (arXiv 2402.13753; MiniCPM3 and Phi-3 model code): the frequency of each pair is
   * divided by a factor of its own, for a short context or for a long one; cos and sin are
   * multiplied by {@code attentionFactor} in both cases.
   *
   * <p>A key is rotated once, when it is cached, so one list holds for all positions: the long one
   * as soon as a {@linkplain org.mla4j.api.weight.RopeTable table} has more positions than the
   * original training.
   *
   * @param shortFactors one for each pair, all positive; for tables of at most {@code
   *     originalMaxPositions} positions
   * @param longFactors as many, for longer tables
   * @param originalMaxPositions positions of the original training
   * @param attentionFactor factor on cos and sin; positive
   */
  record LongRope(
      List<Double> shortFactors,
      List<Double> longFactors,
      int originalMaxPositions,
      double attentionFactor)
      implements RopeScaling {
    /**
     * Copies the lists and checks the numbers.
     *
     * @throws org.mla4j.api.error.InvalidInputException if one is outside its range, or the lists
     *     are not of one length
     */
    public LongRope {
      shortFactors = List.copyOf(shortFactors);
      longFactors = List.copyOf(longFactors);
      shortFactors.forEach(
          factor -> SpecCheck.positive("RopeScaling.LongRope", "a short factor", factor));
      longFactors.forEach(
          factor -> SpecCheck.positive("RopeScaling.LongRope", "a long factor", factor));
      SpecCheck.require(
          shortFactors.size() == longFactors.size(),
          "RopeScaling.LongRope",
          shortFactors.size()
              + " short factors and "
              + longFactors.size()
              + " long ones; expected as many");
      SpecCheck.positive("RopeScaling.LongRope", "originalMaxPositions", originalMaxPositions);
      SpecCheck.positive("RopeScaling.LongRope", "attentionFactor", attentionFactor);
    }

    /**
     * Computes the factor on cos and sin of models that give none: {@code sqrt(1 + ln(scale) /
     * ln(original))}.
     *
     * @param maxPositions positions the model was made for
     * @param original positions of the original training
     * @return the factor at {@code scale = maxPositions / original}; 1 if that is at most 1
     */
    public static double attentionFactor(int maxPositions, int original) {
      double scale = (double) maxPositions / original;
      return scale <= 1 ? 1 : Math.sqrt(1 + Math.log(scale) / Math.log(original));
    }

    /** The factors for a table of some length. */
    List<Double> factors(int positions) {
      return positions > originalMaxPositions ? longFactors : shortFactors;
    }
  }
}
