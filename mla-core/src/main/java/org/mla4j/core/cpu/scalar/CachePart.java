package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;

/**
 * One part of the rows of a cache. In every layout the place of an element is a sum of what its
 * block, its token in the block and its index in the part contribute.
 */
final class CachePart {
  private final MemorySegment segment;
  private final long start;
  private final Cells cells;
  private final int blockSize;
  private final long blockCells;
  private final long tokenCells;
  private final int[] elementCells;

  /** Elements that lie side by side, always so many: the part is a whole number of such runs. */
  private final int run;

  CachePart(CacheValue cache, int part, Tensor tensor, int allocatorBlockSize) {
    CacheSpec spec = cache.spec();
    CacheLayout layout = cache.layout();
    segment = tensor.segment();
    start = tensor.byteOffset();
    cells = Cells.of(spec.dtype(), spec.scale());
    blockSize = layout.blockSize(allocatorBlockSize);
    elementCells = new int[spec.parts().get(part).width()];
    for (int i = 0; i < elementCells.length; i++) {
      elementCells[i] = Math.toIntExact(layout.cell(spec, part, 0, i, allocatorBlockSize));
    }
    long first = elementCells[0];
    blockCells = layout.cell(spec, part, blockSize, 0, allocatorBlockSize) - first;
    tokenCells =
        blockSize == 1 ? blockCells : layout.cell(spec, part, 1, 0, allocatorBlockSize) - first;
    run = run(elementCells);
  }

  private static int run(int[] cells) {
    int length = 1;
    while (length < cells.length && cells[length] == cells[0] + length) {
      length++;
    }
    for (int i = 0; i < cells.length; i++) {
      if (cells.length % length != 0 || cells[i] != cells[i - i % length] + i % length) {
        return 1;
      }
    }
    return length;
  }

  private long at(long slot) {
    return start + cells.bytes(slot / blockSize * blockCells + slot % blockSize * tokenCells);
  }

  /** Reads this part of a row into an array, from an index on. */
  void read(long slot, float[] into, int from) {
    long at = at(slot);
    for (int i = 0; i < elementCells.length; i += run) {
      cells.widen(segment, at + cells.bytes(elementCells[i]), into, from + i, run);
    }
  }

  /** Writes this part of a row. */
  void write(long slot, float[] values) {
    long at = at(slot);
    for (int i = 0; i < elementCells.length; i++) {
      cells.put(segment, at, elementCells[i], values[i]);
    }
  }
}
