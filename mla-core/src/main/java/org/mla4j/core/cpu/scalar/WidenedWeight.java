package org.mla4j.core.cpu.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;

/** A small weight, held as F32: a norm, a bias, a rope table. */
final class WidenedWeight {
  private final MemorySegment segment;
  private final long start;

  private WidenedWeight(Tensor weight) {
    segment = weight.segment();
    start = weight.byteOffset();
  }

  static WidenedWeight of(WeightHandle weight, CpuContext context) {
    return new WidenedWeight(context.weights().widened(weight));
  }

  /** The element at a row-major index. */
  float get(long index) {
    return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, start + index * Float.BYTES);
  }
}
