package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.mla4j.api.backend.EngineContext;

/**
 * Runs kernels on zeros until the JIT compiler has turned them into vector code. Before that they
 * are some hundred times slower: the weights of a model would take long to get there, since the
 * compiler counts calls, not work. And what it compiles in the middle of a step, with all else that
 * a step runs in its profile, now and then keeps making objects of vectors.
 */
final class WarmUp {
  /** More than the calls after which the JVM first compiles, and counts from then on. */
  private static final int SHORT_CALLS = 300;

  /** Calls between two looks at the clock. */
  private static final int LONG_CALLS = 100;

  /** Columns of a long call: loops must be seen to go round as often as on weights of models. */
  private static final int COLUMNS = 512;

  private static final int TILE_COLUMNS = 64;

  /**
   * A column takes about one nanosecond as vector code. Before, it takes some hundred; but only
   * forty if all that a kernel does is to copy it.
   */
  private static final long FAST_NANOS = 8;

  /** When to give up: there may be no vector code on this machine. */
  private static final long MOST_NANOS = 10_000_000_000L;

  private final MemorySegment memory;
  private final Set<PackedFormat> warm = new HashSet<>();
  private final float[] zeros = new float[COLUMNS];
  private boolean givenUp;

  private record Kernel(int fewColumns, int manyColumns, IntConsumer call) {
    void runShort() {
      for (int i = 0; i < SHORT_CALLS; i++) {
        call.accept(fewColumns);
      }
    }

    /** Whether it is vector code by now. */
    boolean runLong() {
      long start = System.nanoTime();
      for (int i = 0; i < LONG_CALLS; i++) {
        call.accept(manyColumns);
      }
      return System.nanoTime() - start < FAST_NANOS * LONG_CALLS * manyColumns;
    }
  }

  /** Memory is the engine's: compiled code depends on its kind. */
  WarmUp(EngineContext engine) {
    memory = engine.allocate("warm-up of kernels", 2 * Panel.BYTES);
  }

  /** Warms the kernels of a format up, once. */
  void warm(PackedFormat format) {
    if (givenUp || warm.contains(format)) {
      return;
    }
    List<Kernel> kernels = new ArrayList<>();
    for (int rows = 1; warm.isEmpty() && rows <= ProductTiles.ROWS; rows++) {
      ProductTile tile = ProductTiles.of(rows);
      kernels.add(
          new Kernel(
              1,
              TILE_COLUMNS,
              columns -> tile.multiply(memory, 0, memory, 0, columns, memory, Panel.BYTES)));
    }
    warm.add(format);
    GroupProduct product = format.product();
    GroupWidening widening = format.widening();
    int perBlock = format.layout().columns();
    int step = format.layout().multiple() * perBlock;
    kernels.add(
        new Kernel(
            step,
            COLUMNS,
            columns ->
                product.multiply(memory, 0, 0, columns, zeros, 0, zeros, 0, memory, Panel.BYTES)));
    kernels.add(
        new Kernel(
            step,
            COLUMNS,
            columns -> widening.widen(memory, 0, 0, 0, columns / perBlock, memory, Panel.BYTES)));
    run(kernels);
  }

  /** In turns: while one is compiled, others are counted. */
  private void run(List<Kernel> kernels) {
    long start = System.nanoTime();
    kernels.forEach(Kernel::runShort);
    while (!kernels.isEmpty() && !givenUp) {
      kernels.removeIf(Kernel::runLong);
      givenUp = System.nanoTime() - start > MOST_NANOS;
    }
  }
}
