package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * What attention over some keys has found for one query: the largest score, the sum of {@code
 * e^(score - largest)}, and the sum of values with these weights, not yet divided.
 *
 * <p>In memory: the values' sum, in whole {@linkplain MixTile tiles}, then the largest score, then
 * the sum of weights.
 */
final class Partial {
  private Partial() {}

  /** Elements that the sum of values takes. */
  static int paddedWidth(int width) {
    return Math.ceilDiv(width, MixTile.WIDTH) * MixTile.WIDTH;
  }

  /** Bytes that it takes. */
  static long bytes(int width) {
    return 4L * paddedWidth(width) + BYTES;
  }

  private static float largest(MemorySegment memory, long at, int width) {
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * paddedWidth(width));
  }

  private static float weights(MemorySegment memory, long at, int width) {
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * paddedWidth(width) + 4);
  }

  static void setLargest(MemorySegment memory, long at, int width, float largest) {
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * paddedWidth(width), largest);
  }

  static void setWeights(MemorySegment memory, long at, int width, float weights) {
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * paddedWidth(width) + 4, weights);
  }

  /**
   * Adds what later keys gave to what earlier keys gave.
   *
   * @param memory both
   * @param at the earlier keys'; changed in place
   * @param laterAt the later keys'; at least one of both has a key
   * @param width elements of a value
   */
  static void merge(MemorySegment memory, long at, long laterAt, int width) {
    float earlierLargest = largest(memory, at, width);
    float laterLargest = largest(memory, laterAt, width);
    float largest = Math.max(earlierLargest, laterLargest);
    float earlierFactor = Exp.of(earlierLargest - largest);
    float laterFactor = Exp.of(laterLargest - largest);
    float earlierWeights = weights(memory, at, width) * earlierFactor;
    float weights = Math.fma(weights(memory, laterAt, width), laterFactor, earlierWeights);
    setLargest(memory, at, width, largest);
    setWeights(memory, at, width, weights);
    combine(memory, at, earlierFactor, laterAt, laterFactor, paddedWidth(width));
  }

  private static void combine(
      MemorySegment memory,
      long at,
      float earlierFactor,
      long laterAt,
      float laterFactor,
      int paddedWidth) {
    memory = NativeMemory.of(memory);
    FloatVector factor = FloatVector.broadcast(FLOATS, laterFactor);
    for (int i = 0; i < paddedWidth; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, memory, laterAt + 4L * i, ORDER)
          .fma(
              factor,
              FloatVector.fromMemorySegment(FLOATS, memory, at + 4L * i, ORDER).mul(earlierFactor))
          .intoMemorySegment(memory, at + 4L * i, ORDER);
    }
  }

  /**
   * Divides by the sum of weights.
   *
   * @param memory a complete result
   * @param at where it starts
   * @param width elements of a value
   * @param out takes the attention's output
   * @param outAt where it goes
   */
  static void divide(MemorySegment memory, long at, int width, MemorySegment out, long outAt) {
    memory = NativeMemory.of(memory);
    out = NativeMemory.of(out);
    float weights = weights(memory, at, width);
    int whole = FLOATS.loopBound(width);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, memory, at + 4L * i, ORDER)
          .div(weights)
          .intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    for (int i = whole; i < width; i++) {
      float value = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i);
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, value / weights);
    }
  }

  /** The natural logarithm of the sum of {@code e^score}. */
  static float logSumExp(MemorySegment memory, long at, int width) {
    // StrictMath, because Math.log may differ between compiled and interpreted code.
    double logarithm = StrictMath.log(weights(memory, at, width));
    return (float) (largest(memory, at, width) + logarithm);
  }
}
