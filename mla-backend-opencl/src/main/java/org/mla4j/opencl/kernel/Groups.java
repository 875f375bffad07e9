package org.mla4j.opencl.kernel;

/** Sizes of work-groups, small enough for every device. */
final class Groups {
  /** Items of a group. */
  static final int ITEMS = 64;

  /** Tells kernels the size of a group. */
  static final String OPTIONS = "-D GROUP=" + ITEMS;

  private Groups() {}

  /** Items of whole groups for so many elements. */
  static long covering(long elements) {
    return Math.ceilDiv(elements, ITEMS) * (long) ITEMS;
  }
}
