package org.mla4j.models;

/**
 * When the weights of a model are searched for NaN and infinity while it is opened.
 *
 * <p>The search reads every weight once. It takes as long as that, a second or so for each few
 * gigabytes that the machine has in memory already; an engine that starts afterwards finds them
 * there.
 */
public enum WeightCheck {
  /**
   * Unless the checkpoint is larger than the memory of the machine. It would be read from disk for
   * the search alone, and again when it is used; that it was not searched is said as a warning.
   */
  IF_IT_FITS,
  /** Always, however long it takes. */
  ALWAYS,
  /** Never, for weights that are known to be good. */
  NEVER
}
