package org.mla4j.tck.cases;

import org.mla4j.api.tensor.DType;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Numbers;

/** Random weights that keep numbers near 1. */
final class Weights {
  private Weights() {}

  /** A matrix {@code [out, in]}. */
  static SampleWeight matrix(String name, DType dtype, int out, int in) {
    return SampleWeight.of(
        name, dtype, Numbers.normal(out * in, 1 / Math.sqrt(in), name.hashCode()), out, in);
  }

  /** The weight of a norm, around 1. */
  static SampleWeight norm(String name, DType dtype, int width) {
    double[] values = Numbers.normal(width, 0.2, name.hashCode());
    for (int i = 0; i < width; i++) {
      values[i] += 1;
    }
    return SampleWeight.of(name, dtype, values, width);
  }

  /** A bias. */
  static SampleWeight bias(String name, int width) {
    return SampleWeight.of(name, DType.F32, Numbers.normal(width, 0.5, name.hashCode()), width);
  }
}
