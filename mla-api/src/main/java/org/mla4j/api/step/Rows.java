package org.mla4j.api.step;

/**
 * Which rows of a step a value has, or an op works on. How many there are, and where they start
 * among the step's tokens, is known only when the step runs.
 */
public enum Rows {
  /** One row per token: decode tokens first, then prefill tokens. */
  ALL,
  /** The rows of decode tokens. */
  DECODE,
  /** The rows of prefill tokens. */
  PREFILL,
  /**
   * One row per token that prefill sequences have in the cache already, as far as the current
   * context pass reaches: see {@link StepDescription#contextPasses()}.
   */
  CONTEXT,
  /**
   * One row per cache block that is copied before anything else: see {@link
   * StepDescription#copyBlock}.
   */
  BLOCK_COPIES,
  /** One row per token whose logits are wanted, in the order of the tokens. */
  LOGITS
}
