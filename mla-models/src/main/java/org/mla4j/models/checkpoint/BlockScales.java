package org.mla4j.models.checkpoint;

import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/** The scales of a weight's blocks, stored as floats or as exponents of two. */
final class BlockScales {
  private final StoredWeight stored;

  /**
   * Takes a stored tensor.
   *
   * @param stored of a float type, or {@link DType#U8} for the codes of {@link Float8E8M0}
   */
  BlockScales(StoredWeight stored) {
    this.stored = stored;
  }

  /** The scales as a weight of their own. */
  WeightHandle stored() {
    return stored;
  }

  String name() {
    return stored.name();
  }

  Shape shape() {
    return stored.shape();
  }

  WeightLease lease() {
    return stored.lease();
  }

  /** Reads one row of the grid from a lease. */
  void readRow(Tensor leased, long row, float[] into) {
    long first = row * into.length;
    if (leased.dtype() != DType.U8) {
      ElementReader.read(leased, first, into, into.length);
      return;
    }
    for (int i = 0; i < into.length; i++) {
      byte code = leased.segment().get(ValueLayout.JAVA_BYTE, leased.byteOffset() + first + i);
      into[i] = Float8E8M0.toFloat(code);
    }
  }
}
