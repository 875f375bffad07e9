package org.mla4j.tck;

/** How much of the grids is run. */
public enum Profile {
  /** A sample, for every build. */
  QUICK,
  /** Everything, for a nightly build. */
  FULL
}
