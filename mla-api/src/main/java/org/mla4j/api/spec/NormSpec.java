package org.mla4j.api.spec;

/**
 * A root-mean-square norm: {@code y = x / sqrt(mean(x^2) + eps) * weight}.
 *
 * @param eps added to the mean of squares; positive
 */
public record NormSpec(double eps) {
  /**
   * Checks the epsilon.
   *
   * @throws org.mla4j.api.error.InvalidInputException if {@code eps} is not a positive finite
   *     number
   */
  public NormSpec {
    SpecCheck.positive("NormSpec", "eps", eps);
  }
}
