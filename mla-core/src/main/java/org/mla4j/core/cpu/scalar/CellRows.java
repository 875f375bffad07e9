package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;

/** Rows with a cell for each element, in any layout. */
final class CellRows implements CacheRows {
  private final CachePart[] parts;
  private final int[] starts;
  private final boolean empty;

  CellRows(CacheValue cache, Bindings bindings, int blockSize) {
    parts = new CachePart[cache.spec().parts().size()];
    starts = new int[parts.length];
    int tensors = cache.layout().tensors(cache.spec());
    for (int part = 0; part < parts.length; part++) {
      Tensor tensor = bindings.cache(cache, tensors == 1 ? 0 : part);
      parts[part] = new CachePart(cache, part, tensor, blockSize);
      starts[part] = cache.spec().partStart(part);
    }
    empty = bindings.cache(cache, 0).shape().elements() == 0;
  }

  @Override
  public boolean isEmpty() {
    return empty;
  }

  @Override
  public void read(long slot, float[] row) {
    for (int part = 0; part < parts.length; part++) {
      parts[part].read(slot, row, starts[part]);
    }
  }

  @Override
  public void write(long slot, int part, float[] values) {
    parts[part].write(slot, values);
  }
}
