package org.mla4j.api.step;

/** In which algebraic form the tokens of a sequence are attended in one step. */
public enum Phase {
  /** Absorbed form over the cache: any number of new tokens after any context. */
  DECODE,
  /**
   * Decompressed form: over the new tokens themselves, merged with what context passes find in the
   * cache.
   */
  PREFILL
}
