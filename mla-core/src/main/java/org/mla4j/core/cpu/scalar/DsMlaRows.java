package org.mla4j.core.cpu.scalar;

import static org.mla4j.api.spec.CacheSpec.DS_MLA_BYTES;
import static org.mla4j.api.spec.CacheSpec.DS_MLA_LATENT;
import static org.mla4j.api.spec.CacheSpec.DS_MLA_ROPE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.tensor.Tensor;

/**
 * Rows of 656 bytes, as {@link org.mla4j.api.spec.CacheSpec.Format#FP8_DS_MLA} says: codes of the
 * latent, a scale for each 128 of them, the rotary key. Part 0 is the latent, part 1 the key.
 */
final class DsMlaRows implements CacheRows {
  private static final int TILE = 128;
  private static final int SCALES_AT = DS_MLA_LATENT;
  private static final int ROPE_AT = SCALES_AT + DS_MLA_LATENT / TILE * Float.BYTES;
  private static final float LARGEST_CODE = 448;

  private static final ValueLayout.OfFloat SCALE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort KEY =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment segment;
  private final long start;
  private final boolean empty;

  DsMlaRows(Tensor rows) {
    segment = rows.segment();
    start = rows.byteOffset();
    empty = rows.shape().elements() == 0;
  }

  @Override
  public boolean isEmpty() {
    return empty;
  }

  private long at(long slot) {
    return start + slot * DS_MLA_BYTES;
  }

  @Override
  public void read(long slot, float[] row) {
    long at = at(slot);
    for (int tile = 0; tile < DS_MLA_LATENT; tile += TILE) {
      float scale = segment.get(SCALE, scaleAt(at, tile));
      for (int i = tile; i < tile + TILE; i++) {
        row[i] = Float8E4M3.toFloat(segment.get(ValueLayout.JAVA_BYTE, at + i)) * scale;
      }
    }
    for (int i = 0; i < DS_MLA_ROPE; i++) {
      short bits = segment.get(KEY, at + ROPE_AT + (long) i * Short.BYTES);
      row[DS_MLA_LATENT + i] = BFloat16.toFloat(bits);
    }
  }

  private static long scaleAt(long rowAt, int tile) {
    return rowAt + SCALES_AT + (long) tile / TILE * Float.BYTES;
  }

  @Override
  public void write(long slot, int part, float[] values) {
    if (part == 0) {
      writeLatent(at(slot), values);
    } else {
      writeKey(at(slot), values);
    }
  }

  private void writeLatent(long at, float[] values) {
    for (int tile = 0; tile < DS_MLA_LATENT; tile += TILE) {
      float largest = 0;
      for (int i = tile; i < tile + TILE; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
      // A tile of zeros, or of numbers next to it, must not be divided by nothing.
      float scale = Math.max(largest / LARGEST_CODE, Float.MIN_NORMAL);
      segment.set(SCALE, scaleAt(at, tile), scale);
      for (int i = tile; i < tile + TILE; i++) {
        segment.set(ValueLayout.JAVA_BYTE, at + i, Float8E4M3.fromFloat(values[i] / scale));
      }
    }
  }

  private void writeKey(long at, float[] values) {
    for (int i = 0; i < DS_MLA_ROPE; i++) {
      segment.set(KEY, at + ROPE_AT + (long) i * Short.BYTES, BFloat16.fromFloat(values[i]));
    }
  }
}
