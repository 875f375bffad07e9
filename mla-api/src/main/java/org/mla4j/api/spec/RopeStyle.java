package org.mla4j.api.spec;

/** Which two elements of a rotary part turn together. */
public enum RopeStyle {
  /**
   * Pairs {@code (2i, 2i + 1)}: DeepSeek's order, also called GPT-J style. The output stays
   * interleaved.
   */
  INTERLEAVED,
  /** Pairs {@code (i, i + dim / 2)}: halves, also called Llama style. */
  NEOX
}
