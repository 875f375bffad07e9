package org.mla4j.core.cpu.packed;

/** Weights of some columns as floats: for each column those of 64 outputs side by side. */
public final class Panel {
  /** Outputs side by side. */
  public static final int OUTPUTS = 64;

  /** Groups of rows whose weights they are. */
  public static final int GROUPS = OUTPUTS / PackedMatrix.GROUP;

  /** Bytes from one column to the next. */
  public static final int STRIDE = 4 * OUTPUTS;

  /**
   * The most columns that are converted at once: a panel then fills part of a second-level cache.
   */
  public static final int COLUMNS = 512;

  /** Bytes of the largest panel. */
  public static final long BYTES = (long) COLUMNS * STRIDE;

  private Panel() {}
}
