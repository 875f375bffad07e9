package org.mla4j.models.checkpoint;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * A projection to heads whose rows turn in pairs of neighbours as stored, and in pairs of one from
 * each half of a head as they come out: row {@code half * width / 2 + i} of a head is stored as its
 * row {@code 2 * i + half}. Not plain: it is to be materialised.
 */
final class HalvedRows implements WeightHandle {
  private final StoredWeight stored;
  private final long width;

  /** The rows are known to be as many for each head, and an even number. */
  HalvedRows(StoredWeight stored, long heads) {
    this.stored = stored;
    this.width = stored.shape().extent(0) / heads;
  }

  @Override
  public String name() {
    return stored.name();
  }

  @Override
  public DType dtype() {
    return stored.dtype();
  }

  @Override
  public Shape shape() {
    return stored.shape();
  }

  @Override
  public boolean isPlain() {
    return false;
  }

  @Override
  public WeightLease lease() {
    throw new ModelException(
        ErrorCode.UNSUPPORTED_DTYPE,
        "Weight '" + name() + "' is stored in another order of rows; materialise it instead.");
  }

  @Override
  public void materialise(Tensor target) {
    ElementWriter writer = new ElementWriter(this, target);
    int columns = Math.toIntExact(shape().extent(1));
    float[] row = new float[columns];
    try (WeightLease lease = stored.lease()) {
      for (long i = 0; i < shape().extent(0); i++) {
        long within = i % width;
        long half = within / (width / 2);
        long source = i - within + 2 * (within % (width / 2)) + half;
        ElementReader.read(lease.tensor(), source * columns, row, columns);
        writer.write(row, columns, i * columns);
      }
    }
  }

  @Override
  public String toString() {
    return stored + " with rows in halves";
  }
}
