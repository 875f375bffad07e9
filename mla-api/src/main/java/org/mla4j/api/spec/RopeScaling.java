package org.mla4j.api.spec;

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
}
