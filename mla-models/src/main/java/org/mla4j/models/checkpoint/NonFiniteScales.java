package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.DType;

/**
 * Finds blocks whose scale, or least value, is NaN or infinite: none of their elements is finite
 * then. Nothing else in a block can be.
 *
 * @param dtype a block type
 */
record NonFiniteScales(DType dtype) implements NonFiniteSearch {
  private static final int EXPONENT = 0x7C00;

  @Override
  public Found search(MemorySegment elements) {
    int[] places = places();
    long first = 0;
    long blocks = 0;
    int blockBytes = dtype.blockBytes();
    for (long block = 0; (block + 1) * blockBytes <= elements.byteSize(); block++) {
      boolean finite = true;
      for (int place : places) {
        short bits = elements.get(ElementReader.SHORT, block * blockBytes + place);
        finite &= (bits & EXPONENT) != EXPONENT;
      }
      if (!finite) {
        first = blocks == 0 ? block * dtype.blockElements() : first;
        blocks++;
      }
    }
    return new Found(first, blocks * dtype.blockElements());
  }

  @Override
  public int unitBytes() {
    return dtype.blockBytes();
  }

  @Override
  public int unitElements() {
    return dtype.blockElements();
  }

  /** The bytes of a block where its numbers of type F16 begin. */
  private int[] places() {
    return switch (dtype) {
      case Q8_0, Q4_0, Q5_0, IQ4_NL -> new int[] {0};
      case Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
      case Q6_K -> new int[] {208};
      default -> throw new IllegalStateException(dtype + " is no block type");
    };
  }
}
