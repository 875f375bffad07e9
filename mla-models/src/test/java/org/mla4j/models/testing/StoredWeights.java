package org.mla4j.models.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.Float8E4M3;

/** The ways in which a checkpoint may store its matrices. */
public enum StoredWeights {
  F32,
  F16,
  BF16,
  /** FP8 codes, a binary32 scale for each block of 128 x 128. */
  BLOCK_FP8,
  /** FP8 codes, an exponent of two for each block. */
  BLOCK_FP8_UE8M0;

  private static final int BLOCK = 128;

  public boolean isBlockScaled() {
    return this == BLOCK_FP8 || this == BLOCK_FP8_UE8M0;
  }

  /** Adds a tensor to a file, its scales behind it. */
  void write(SafetensorsFile file, String name, float[] values, long... shape) {
    switch (this) {
      case F32 -> file.floats(name, values, shape);
      case F16, BF16 -> {
        ByteBuffer bytes = little(2 * values.length);
        for (float value : values) {
          bytes.putShort(this == F16 ? Float.floatToFloat16(value) : BFloat16.fromFloat(value));
        }
        file.tensor(name, name(), bytes.array(), shape);
      }
      case BLOCK_FP8, BLOCK_FP8_UE8M0 ->
          writeBlocks(file, name, values, (int) shape[0], (int) shape[1]);
    }
  }

  private void writeBlocks(
      SafetensorsFile file, String name, float[] values, int rows, int columns) {
    int across = Math.ceilDiv(columns, BLOCK);
    int down = Math.ceilDiv(rows, BLOCK);
    float[] scales = new float[down * across];
    for (int i = 0; i < values.length; i++) {
      int block = i / columns / BLOCK * across + i % columns / BLOCK;
      scales[block] = Math.max(scales[block], Math.abs(values[i]) / Float8E4M3.MAX_VALUE);
    }
    byte[] exponents = new byte[scales.length];
    if (this == BLOCK_FP8_UE8M0) {
      for (int block = 0; block < scales.length; block++) {
        int exponent = Math.getExponent(scales[block]) + 1;
        scales[block] = Math.scalb(1f, exponent);
        exponents[block] = (byte) (exponent + 127);
      }
    }
    byte[] codes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      int block = i / columns / BLOCK * across + i % columns / BLOCK;
      codes[i] = Float8E4M3.fromFloat(values[i] / scales[block]);
    }
    file.tensor(name, "F8_E4M3", codes, rows, columns);
    if (this == BLOCK_FP8_UE8M0) {
      file.tensor(name + "_scale_inv", "F8_E8M0", exponents, down, across);
    } else {
      file.floats(name + "_scale_inv", scales, down, across);
    }
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
