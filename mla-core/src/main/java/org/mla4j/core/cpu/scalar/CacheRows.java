package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;

/** The rows of a cache as floats, whatever their format and wherever their layout puts them. */
sealed interface CacheRows permits CellRows, DsMlaRows {
  /**
   * Takes a cache.
   *
   * @param cache the cache
   * @param bindings the memory behind it
   * @param blockSize tokens per block of the allocator
   * @return its rows
   */
  static CacheRows of(CacheValue cache, Bindings bindings, int blockSize) {
    return cache.spec().format() == CacheSpec.Format.FP8_DS_MLA
        ? new DsMlaRows(bindings.cache(cache))
        : new CellRows(cache, bindings, blockSize);
  }

  /** The row of a position of a sequence. */
  static long slot(StepDescription step, int sequence, int position) {
    int blockSize = step.limits().blockSize();
    return (long) step.block(sequence, position / blockSize) * blockSize + position % blockSize;
  }

  /** Whether there is nothing to read or write. */
  boolean isEmpty();

  /** Reads a row, its parts one after another, rotary keys as rotated. */
  void read(long slot, float[] row);

  /** Writes one part of a row, as much as the part is wide. */
  void write(long slot, int part, float[] values);
}
