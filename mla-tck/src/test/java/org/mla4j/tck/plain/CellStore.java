package org.mla4j.tck.plain;

import java.util.List;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;

/** A cache of one cell for each element. */
final class CellStore implements CacheStore {
  private final Part[] parts;
  private final Arrangement arrangement;
  private final DType dtype;
  private final float scale;
  private final CellCodec codec;
  private final int width;
  private final int nzBlockSize;
  private final long slots;

  /** One part of a row; where it starts among the elements, and in the row of its own tensor. */
  private record Part(
      Tensor tensor, int start, int offset, int width, int rowCells, boolean deinterleaved) {}

  CellStore(CacheValue cache, Bindings bindings, PlainContext context) {
    CacheSpec spec = cache.spec();
    CacheLayout layout = cache.layout();
    arrangement = layout.arrangement();
    dtype = spec.dtype();
    scale = spec.scale();
    codec = new CellCodec(context);
    width = spec.rowWidth();
    boolean deinterleaves =
        layout.ropeOrder() == RopeOrder.DEINTERLEAVED && !context.wrong(Mistake.ROPE_ORDER_IGNORED);
    List<CacheSpec.Part> named = spec.parts();
    parts = new Part[named.size()];
    int start = 0;
    for (int i = 0; i < parts.length; i++) {
      int own = named.get(i).width();
      boolean together = arrangement == Arrangement.ROWS;
      parts[i] =
          new Part(
              bindings.cache(cache, together ? 0 : i),
              start,
              together ? start : 0,
              own,
              together ? width : own,
              deinterleaves && named.get(i).name().equals(CacheSpec.ROPE));
      start += own;
    }
    Tensor first = parts[0].tensor();
    slots = first.shape().elements() / parts[0].rowCells();
    int blockSize = context.engine().limits().blockSize();
    nzBlockSize =
        context.wrong(Mistake.KERNEL_BLOCKS_IGNORED) ? blockSize : layout.blockSize(blockSize);
  }

  @Override
  public long slots() {
    return slots;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public float get(long slot, int element) {
    int index = parts.length - 1;
    while (parts[index].start() > element) {
      index--;
    }
    Part part = parts[index];
    return CellCodec.read(
        dtype, part.tensor().segment(), address(part, slot, element - part.start()), scale);
  }

  @Override
  public void put(long slot, int index, RowView values, long row) {
    Part part = parts[index];
    for (int i = 0; i < part.width(); i++) {
      codec.write(
          dtype, part.tensor().segment(), address(part, slot, i), values.get(row, i), scale);
    }
  }

  private long address(Part part, long slot, int element) {
    int place = element;
    if (part.deinterleaved()) {
      place = element % 2 * (part.width() / 2) + element / 2;
    }
    long cell;
    if (arrangement == Arrangement.NZ) {
      long block = slot / nzBlockSize;
      long token = slot % nzBlockSize;
      long tiles = part.width() / CacheLayout.NZ_TILE;
      long tile = block * tiles + place / CacheLayout.NZ_TILE;
      cell = (tile * nzBlockSize + token) * CacheLayout.NZ_TILE + place % CacheLayout.NZ_TILE;
    } else {
      cell = slot * part.rowCells() + part.offset() + place;
    }
    return part.tensor().byteOffset() + cell * dtype.byteSize();
  }
}
