package org.mla4j.api.spec;

import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormSpecTest {
  @ParameterizedTest
  @ValueSource(doubles = {0, -1e-6, Double.NaN, Double.POSITIVE_INFINITY})
  void epsilonIsPositiveAndFinite(double eps) {
    assertRefused(
        "NormSpec: eps = " + eps + "; expected a positive finite number. [MLA-0301]",
        () -> new NormSpec(eps));
  }
}
