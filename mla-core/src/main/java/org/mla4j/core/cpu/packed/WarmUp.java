package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;
import org.mla4j.api.backend.EngineContext;

/**
 * Runs kernels on a few zeros, often enough for the JIT compiler to turn them into vector code.
 * Until then they are about a thousand times slower: on weights of a model it would take long to
 * get there, since the compiler counts calls, not work.
 */
final class WarmUp {
  /** More than the calls after which the JVM compiles for good, once it has compiled for a start. */
  private static final int CALLS = 6_000;

  private static final int COLUMNS = 4;

  private final MemorySegment memory;
  private final Set<PackedFormat> warm = EnumSet.noneOf(PackedFormat.class);
  private final float[] zeros = new float[512];

  /** Memory is the engine's: compiled code depends on its kind. */
  WarmUp(EngineContext engine) {
    memory = engine.allocate("warm-up of kernels", 2 * Panel.BYTES);
  }

  /** Warms the kernels of a format up, once. */
  void warm(PackedFormat format) {
    if (warm.isEmpty()) {
      for (int rows = 1; rows <= ProductTiles.ROWS; rows++) {
        ProductTile tile = ProductTiles.of(rows);
        for (int i = 0; i < CALLS; i++) {
          tile.multiply(memory, 0, memory, 0, COLUMNS, memory, Panel.BYTES);
        }
      }
    }
    if (warm.add(format)) {
      int blocks = format.layout().multiple();
      int columns = blocks * format.layout().columns();
      for (int i = 0; i < CALLS; i++) {
        format.product().multiply(memory, 0, columns, zeros, 0, zeros, 0, memory, Panel.BYTES);
        format.widening().widen(memory, 0, 0, blocks, memory, Panel.BYTES);
      }
    }
  }
}
