package org.mla4j.core.cpu.scalar;

/** The activation of gated MLPs. */
final class Silu {
  private Silu() {}

  /** {@code x / (1 + exp(-x))}. */
  static double of(double x) {
    return x / (1 + Math.exp(-x));
  }
}
