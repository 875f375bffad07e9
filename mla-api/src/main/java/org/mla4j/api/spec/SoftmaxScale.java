package org.mla4j.api.spec;

/**
 * The factor on attention scores, as a rule over the width of a query head, {@code qkNopeHeadDim +
 * qkRopeHeadDim}.
 *
 * <p>The width is never that of the latent cache row: absorbing a weight must not change the
 * temperature of the soft-max.
 */
public sealed interface SoftmaxScale {
  /** {@code width^-1/2}. */
  record HeadWidth() implements SoftmaxScale {}

  /**
   * {@code width^-1/2 * m^2} with {@code m = mscale(factor, mscaleAllDim)} of YaRN (DeepSeek-V2 and
   * -V3 model code).
   *
   * @param factor the scaling factor of YaRN; positive
   * @param mscaleAllDim the {@code mscale_all_dim} of the configuration; 0 leaves the scale as it
   *     is
   */
  record YarnMscale(double factor, double mscaleAllDim) implements SoftmaxScale {
    /**
     * Checks the numbers.
     *
     * @throws org.mla4j.api.error.InvalidInputException if one is outside its range
     */
    public YarnMscale {
      SpecCheck.positive("SoftmaxScale.YarnMscale", "factor", factor);
      SpecCheck.notNegative("SoftmaxScale.YarnMscale", "mscaleAllDim", mscaleAllDim);
    }
  }

  /**
   * A given number.
   *
   * @param value the scale; positive
   */
  record Fixed(double value) implements SoftmaxScale {
    /**
     * Checks the number.
     *
     * @throws org.mla4j.api.error.InvalidInputException if it is not a positive finite number
     */
    public Fixed {
      SpecCheck.positive("SoftmaxScale.Fixed", "value", value);
    }
  }

  /**
   * Computes the scale.
   *
   * @param headWidth width of a query head, nope and rope parts together
   * @return the factor on scores
   */
  default double value(int headWidth) {
    return switch (this) {
      case HeadWidth rule -> 1 / Math.sqrt(headWidth);
      case YarnMscale(double factor, double mscaleAllDim) -> {
        double m = RopeScaling.Yarn.mscale(factor, mscaleAllDim);
        yield m * m / Math.sqrt(headWidth);
      }
      case Fixed(double value) -> value;
    };
  }
}
