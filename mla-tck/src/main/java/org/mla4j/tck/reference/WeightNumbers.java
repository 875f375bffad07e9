package org.mla4j.tck.reference;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;

/** Weights as numbers. */
final class WeightNumbers {
  private WeightNumbers() {}

  static double[] of(WeightHandle weight) {
    try (Arena arena = Arena.ofConfined()) {
      int count = Math.toIntExact(weight.shape().elements());
      MemorySegment segment = arena.allocate(Math.max(4, 4L * count), 64);
      weight.materialise(Tensor.dense(DType.F32, weight.shape(), segment));
      double[] numbers = new double[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      }
      return numbers;
    }
  }
}
