package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.core.cpu.simd.WarmUp;

/** Warms the kernels of packed formats up, on zeros. */
final class PackedWarmUp {
  private static final int TILE_COLUMNS = 64;

  /**
   * A column of a tile is up to 24 vector operations, and as many objects before it is compiled.
   */
  private static final int TILE_NANOS = 100;

  private final MemorySegment memory;
  private final WarmUp warmUp = new WarmUp();
  private final Set<PackedFormat> warm = new HashSet<>();
  private final float[] zeros = new float[WarmUp.COLUMNS];

  /** Memory is the engine's: compiled code depends on its kind. */
  PackedWarmUp(EngineContext engine) {
    memory = engine.allocate("warm-up of kernels", 2 * Panel.BYTES);
  }

  /** Warms the kernels of a format up, once. */
  void warm(PackedFormat format) {
    boolean isFirst = warm.isEmpty();
    if (!warm.add(format)) {
      return;
    }
    List<WarmUp.Kernel> kernels = new ArrayList<>();
    for (int rows = 1; isFirst && rows <= ProductTiles.ROWS; rows++) {
      ProductTile tile = ProductTiles.of(rows);
      kernels.add(
          new WarmUp.Kernel(
              1,
              TILE_COLUMNS,
              TILE_NANOS,
              columns -> tile.multiply(memory, 0, memory, 0, columns, memory, Panel.BYTES)));
    }
    if (isFirst) {
      kernels.add(
          new WarmUp.Kernel(
              1,
              WarmUp.COLUMNS,
              WarmUp.FAST_NANOS,
              lines ->
                  GroupTouch.KERNEL.touch(
                      memory, 0, (long) GroupTouch.LINE * lines, memory, Panel.BYTES)));
    }
    GroupProduct product = format.product();
    GroupWidening widening = format.widening();
    int perBlock = format.layout().columns();
    int step = format.layout().multiple() * perBlock;
    kernels.add(
        new WarmUp.Kernel(
            step,
            WarmUp.COLUMNS,
            WarmUp.FAST_NANOS,
            columns ->
                product.multiply(memory, 0, 0, columns, zeros, 0, zeros, 0, memory, Panel.BYTES)));
    kernels.add(
        new WarmUp.Kernel(
            step,
            WarmUp.COLUMNS,
            WarmUp.FAST_NANOS,
            columns -> widening.widen(memory, 0, 0, 0, columns / perBlock, memory, Panel.BYTES)));
    warmUp.run(kernels);
  }
}
