package org.mla4j.models.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * A matrix of FP8 codes with one scale for each block of 128 x 128, the last ones ragged, as
 * DeepSeek-V3 ships its weights: {@code w[i][j] = float32(code) * scale_inv[i / 128][j / 128]}, one
 * binary32 multiplication.
 */
final class BlockScaledWeight implements WeightHandle {
  private static final int BLOCK = 128;

  private final WeightHandle codes;
  private final WeightHandle scales;
  private final Shape shape;

  BlockScaledWeight(WeightHandle codes, WeightHandle scales) {
    this.codes = codes;
    this.scales = scales;
    this.shape = codes.shape();
    if (shape.rank() != 2) {
      throw new ModelException(
          ErrorCode.WRONG_SHAPE,
          "Tensor '"
              + codes.name()
              + "' has block scales and shape "
              + shape
              + "; expected a matrix.");
    }
    Shape grid =
        Shape.of(Math.ceilDiv(shape.extent(0), BLOCK), Math.ceilDiv(shape.extent(1), BLOCK));
    if (!scales.shape().equals(grid)) {
      throw new ModelException(
          ErrorCode.WRONG_SHAPE,
          "Tensor '"
              + scales.name()
              + "': expected "
              + grid
              + ", one scale for each block of 128 x 128 of "
              + shape
              + ", found "
              + scales.shape()
              + ".");
    }
  }

  @Override
  public String name() {
    return codes.name();
  }

  @Override
  public DType dtype() {
    return DType.F8_E4M3;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public boolean isPlain() {
    return false;
  }

  @Override
  public WeightLease lease() {
    throw new ModelException(
        ErrorCode.UNSUPPORTED_DTYPE,
        "Weight '" + name() + "' has block scales; materialise it instead.");
  }

  @Override
  public void materialise(Tensor target) {
    long columns = shape.extent(1);
    int gridColumns = Math.toIntExact(scales.shape().extent(1));
    try (Arena arena = Arena.ofConfined();
        WeightLease lease = codes.lease()) {
      Tensor grid =
          Tensor.dense(DType.F32, scales.shape(), arena.allocate(4 * scales.shape().elements(), 4));
      scales.materialise(grid);
      float[] factors = grid.segment().toArray(ValueLayout.JAVA_FLOAT);
      Conversion.copy(
          name(),
          lease.tensor(),
          target,
          element ->
              factors[
                  Math.toIntExact(
                      element / columns / BLOCK * gridColumns + element % columns / BLOCK)]);
    }
  }

  @Override
  public String toString() {
    return name() + " F8_E4M3 with block scales " + shape;
  }
}
