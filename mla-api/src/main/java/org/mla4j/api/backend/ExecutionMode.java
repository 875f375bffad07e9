package org.mla4j.api.backend;

/** How an engine runs its steps. Part of what backends choose their kernels by. */
public enum ExecutionMode {
  /** Every kernel is launched in every step. */
  EAGER,
  /**
   * Decode steps are replayed from graphs captured when the engine was built, where backends can;
   * all other steps, and what cannot be captured, run eagerly.
   */
  GRAPH
}
