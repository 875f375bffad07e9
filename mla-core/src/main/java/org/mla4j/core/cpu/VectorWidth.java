package org.mla4j.core.cpu;

import jdk.incubator.vector.FloatVector;

/**
 * The width of this machine's vectors. Apart, because it cannot be loaded without the Vector API.
 */
final class VectorWidth {
  private VectorWidth() {}

  static int bits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }
}
