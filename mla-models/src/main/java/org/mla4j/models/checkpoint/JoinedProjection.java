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
 * The projection from the latent to keys and values, {@code [heads * (key + value), rank]}, put
 * together from the halves that llama.cpp keeps: keys as {@code [heads, rank, key]}, turned over
 * for absorption, and values as {@code [heads, value, rank]}. Not plain: it is to be materialised.
 */
final class JoinedProjection implements WeightHandle {
  private final String name;
  private final StoredWeight keys;
  private final StoredWeight values;
  private final int heads;
  private final int rank;
  private final int keyLength;
  private final int valueLength;

  /** The shapes are known to fit each other. */
  JoinedProjection(String name, StoredWeight keys, StoredWeight values) {
    this.name = name;
    this.keys = keys;
    this.values = values;
    this.heads = Math.toIntExact(keys.shape().extent(0));
    this.rank = Math.toIntExact(keys.shape().extent(1));
    this.keyLength = Math.toIntExact(keys.shape().extent(2));
    this.valueLength = Math.toIntExact(values.shape().extent(1));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public Shape shape() {
    return Shape.of((long) heads * (keyLength + valueLength), rank);
  }

  @Override
  public boolean isPlain() {
    return false;
  }

  @Override
  public WeightLease lease() {
    throw new ModelException(
        ErrorCode.UNSUPPORTED_DTYPE,
        "Weight '" + name + "' is stored in two halves; materialise it instead.");
  }

  @Override
  public WeightForm form() {
    return new WeightForm.SplitProjection(keys, values);
  }

  @Override
  public void materialise(Tensor target) {
    ElementWriter writer = new ElementWriter(this, target);
    try (WeightLease keyLease = keys.lease();
        WeightLease valueLease = values.lease()) {
      float[] turned = new float[keyLength];
      float[] rows = new float[Math.multiplyExact(keyLength, rank)];
      float[] row = new float[rank];
      long written = 0;
      for (long head = 0; head < heads; head++) {
        for (int i = 0; i < rank; i++) {
          ElementReader.read(keyLease.tensor(), (head * rank + i) * keyLength, turned, keyLength);
          for (int j = 0; j < keyLength; j++) {
            rows[j * rank + i] = turned[j];
          }
        }
        writer.write(rows, rows.length, written);
        written += rows.length;
        for (int i = 0; i < valueLength; i++) {
          ElementReader.read(valueLease.tensor(), (head * valueLength + i) * rank, row, rank);
          writer.write(row, rank, written);
          written += rank;
        }
      }
    }
  }

  @Override
  public String toString() {
    return name + " " + shape() + " of " + keys + " and " + values;
  }
}
