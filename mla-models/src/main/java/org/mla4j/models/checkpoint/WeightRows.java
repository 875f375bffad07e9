package org.mla4j.models.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * Reads a weight row by row: where it lies if that is plain, otherwise from a copy that is given up
 * when this is closed.
 */
final class WeightRows implements AutoCloseable {
  private final Tensor values;
  private final int width;
  private final AutoCloseableHold hold;

  /** Something that is given up without fuss. */
  private interface AutoCloseableHold extends AutoCloseable {
    @Override
    void close();
  }

  WeightRows(WeightHandle weight) {
    this.width = Math.toIntExact(weight.shape().extent(-1));
    if (weight.isPlain()) {
      WeightLease lease = weight.lease();
      this.hold = lease::close;
      this.values = lease.tensor();
      return;
    }
    Arena arena = Arena.ofShared();
    this.hold = arena::close;
    try {
      long bytes = DType.F32.byteCount(weight.shape().elements());
      MemorySegment copy = arena.allocate(Math.max(1, bytes), Float.BYTES);
      this.values = Tensor.dense(DType.F32, weight.shape(), copy);
      weight.materialise(values);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** How many rows there are, of all outer axes together. */
  long count() {
    return width == 0 ? 0 : values.shape().elements() / width;
  }

  /** Reads one row into an array of its length. */
  void read(long row, float[] into) {
    ElementReader.read(values, row * width, into, width);
  }

  /** The rows of some weights, one after another. */
  static RowSource of(Iterable<WeightHandle> weights) {
    return sink -> {
      for (WeightHandle weight : weights) {
        try (WeightRows rows = new WeightRows(weight)) {
          float[] row = new float[rows.width];
          for (long i = 0; i < rows.count(); i++) {
            rows.read(i, row);
            sink.accept(row);
          }
        }
      }
    };
  }

  @Override
  public void close() {
    hold.close();
  }
}
