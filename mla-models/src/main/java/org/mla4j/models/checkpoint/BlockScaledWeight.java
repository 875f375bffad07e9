package org.mla4j.models.checkpoint;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightForm;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/**
 * A matrix of FP8 codes with one scale for each block of 128 x 128, the last ones ragged, as
 * DeepSeek-V3 ships its weights: {@code w[i][j] = float32(code) * scale_inv[i / 128][j / 128]}, one
 * binary32 multiplication. A scale is a float, or an exponent of two in eight bits ("ue8m0").
 */
final class BlockScaledWeight implements WeightHandle {
  private static final int BLOCK = 128;

  private final StoredWeight codes;
  private final BlockScales scales;
  private final Shape shape;

  BlockScaledWeight(StoredWeight codes, BlockScales scales) {
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
  public WeightForm form() {
    return new WeightForm.BlockScaled(codes, scales.stored(), BLOCK, BLOCK);
  }

  @Override
  public void materialise(Tensor target) {
    ElementWriter writer = new ElementWriter(this, target);
    try (WeightLease codeLease = codes.lease();
        WeightLease scaleLease = scales.lease()) {
      long columns = shape.extent(1);
      float[] factors = new float[Math.toIntExact(scales.shape().extent(1))];
      float[] run = new float[BLOCK];
      for (long row = 0; row < shape.extent(0); row++) {
        if (row % BLOCK == 0) {
          scales.readRow(scaleLease.tensor(), row / BLOCK, factors);
        }
        for (int block = 0; block < factors.length; block++) {
          long column = (long) block * BLOCK;
          int count = (int) Math.min(BLOCK, columns - column);
          ElementReader.read(codeLease.tensor(), row * columns + column, run, count);
          for (int i = 0; i < count; i++) {
            run[i] *= factors[block];
          }
          writer.write(run, count, row * columns + column);
        }
      }
    }
  }

  @Override
  public String toString() {
    return name() + " F8_E4M3 with block scales " + shape;
  }
}
