package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.WarmUp;

/** Warms the kernels up that multiply weights where they are stored. */
final class MatrixWarmUp {
  /** What such a kernel reads besides weights, or writes: four rows. */
  private static final long BYTES = 4L * DotTile.SIDE * WarmUp.COLUMNS;

  private final EngineContext engine;
  private final WarmUp warmUp = new WarmUp();
  private final Set<DType> warm = EnumSet.noneOf(DType.class);

  MatrixWarmUp(EngineContext engine) {
    this.engine = engine;
  }

  /**
   * Warms the kernels of a weight's type up, once. Narrow weights do not count: their loops are too
   * short to be compiled for longer ones.
   */
  void warm(WeightMatrix weight) {
    boolean isFirst = warm.isEmpty();
    if (weight.columns() < WarmUp.COLUMNS || !warm.add(weight.dtype())) {
      return;
    }
    MemorySegment zeros = engine.allocate("warm-up of kernels", BYTES);
    MemorySegment results = engine.allocate("warm-up of kernels", BYTES);
    List<WarmUp.Kernel> kernels = new ArrayList<>(weight.kernels(zeros, results));
    if (isFirst) {
      kernels.add(
          new WarmUp.Kernel(
              Lanes.COUNT,
              WarmUp.COLUMNS,
              WarmUp.FAST_NANOS,
              columns -> DotTile.multiply(zeros, 0, zeros, 0, 0, 0, 0, columns, results, 0)));
    }
    warmUp.run(kernels);
  }
}
