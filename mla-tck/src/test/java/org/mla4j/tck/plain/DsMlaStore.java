package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;

/** A cache of 656-byte rows: codes, four scales, rotary key. */
final class DsMlaStore implements CacheStore {
  private static final int TILE = 128;
  private static final int SCALES = CacheSpec.DS_MLA_LATENT;
  private static final int KEY = SCALES + CacheSpec.DS_MLA_LATENT / TILE * Float.BYTES;

  private final Tensor tensor;
  private final MemorySegment memory;
  private final CellCodec codec;
  private final boolean oneScale;

  DsMlaStore(CacheValue cache, Bindings bindings, PlainContext context) {
    tensor = bindings.cache(cache, 0);
    memory = tensor.segment();
    codec = new CellCodec(context);
    oneScale = context.wrong(Mistake.DS_MLA_ONE_SCALE);
  }

  @Override
  public long slots() {
    return tensor.shape().elements() / CacheSpec.DS_MLA_BYTES;
  }

  @Override
  public int width() {
    return CacheSpec.DS_MLA_LATENT + CacheSpec.DS_MLA_ROPE;
  }

  private long at(long slot) {
    return tensor.byteOffset() + slot * CacheSpec.DS_MLA_BYTES;
  }

  @Override
  public float get(long slot, int element) {
    long row = at(slot);
    if (element >= CacheSpec.DS_MLA_LATENT) {
      int index = element - CacheSpec.DS_MLA_LATENT;
      return CellCodec.read(DType.BF16, memory, row + KEY + (long) index * Short.BYTES, 1);
    }
    float scale =
        CellCodec.read(DType.F32, memory, row + SCALES + (long) (element / TILE) * Float.BYTES, 1);
    return CellCodec.read(DType.F8_E4M3, memory, row + element, scale);
  }

  @Override
  public void put(long slot, int part, RowView values, long row) {
    if (part == 0) {
      for (int tile = 0; tile < CacheSpec.DS_MLA_LATENT / TILE; tile++) {
        putTile(at(slot), tile, values, row);
      }
    } else {
      for (int i = 0; i < CacheSpec.DS_MLA_ROPE; i++) {
        long address = at(slot) + KEY + (long) i * Short.BYTES;
        codec.write(DType.BF16, memory, address, values.get(row, i), 1);
      }
    }
  }

  private void putTile(long target, int tile, RowView values, long row) {
    int first = oneScale ? 0 : tile * TILE;
    int end = oneScale ? CacheSpec.DS_MLA_LATENT : first + TILE;
    float largest = 0;
    for (int i = first; i < end; i++) {
      largest = Math.max(largest, Math.abs(values.get(row, i)));
    }
    float scale = Math.max(largest / Float8E4M3.MAX_VALUE, Float.MIN_NORMAL);
    codec.write(DType.F32, memory, target + SCALES + (long) tile * Float.BYTES, scale, 1);
    for (int i = tile * TILE; i < (tile + 1) * TILE; i++) {
      codec.write(DType.F8_E4M3, memory, target + i, values.get(row, i), scale);
    }
  }
}
