package org.mla4j.models.plugin;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;

/** Numbers in and out of host memory, the plain way. */
final class Floats {
  private Floats() {}

  static float[] weight(WeightHandle handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(4 * handle.shape().elements(), 4);
      handle.materialise(Tensor.dense(DType.F32, handle.shape(), segment));
      return segment.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  static float[] read(MemorySegment segment, long offset, int count) {
    return segment.asSlice(offset, 4L * count).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  /** Reads without allocation. */
  static void read(MemorySegment segment, long offset, float[] into) {
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, into, 0, into.length);
  }

  static void write(MemorySegment segment, long offset, float[] values) {
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, values.length);
  }

  /** {@code matrix x}, the matrix row-major. */
  static float[] multiply(float[] matrix, float[] x) {
    float[] y = new float[matrix.length / x.length];
    for (int row = 0; row < y.length; row++) {
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += (double) matrix[row * x.length + i] * x[i];
      }
      y[row] = (float) sum;
    }
    return y;
  }

  /** Norms a row in place. */
  static void rmsNorm(float[] x, float[] weight, double eps) {
    double squares = 0;
    for (float value : x) {
      squares += (double) value * value;
    }
    double factor = 1 / Math.sqrt(squares / x.length + eps);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (x[i] * factor * weight[i]);
    }
  }
}
