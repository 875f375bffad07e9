package org.mla4j.benchmarks.bound;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The two loops that nothing beats: reading memory, and products with sums in registers. */
final class BoundLoops {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int STRIDE = LANES.vectorByteSize();

  /** As many as hide the latency of an instruction on two ports. */
  private static final int ACCUMULATORS = 12;

  private static final float FACTOR = 0.75f;
  private static final float SUMMAND = 1e-3f;

  private BoundLoops() {}

  /** Bytes that a round of {@link #read} reads. */
  static int bytesPerRound() {
    return 8 * STRIDE;
  }

  /** Operations of a round of {@link #multiplyAdd}. */
  static long flopsPerRound() {
    return 2L * ACCUMULATORS * LANES.length();
  }

  /** Adds up neighbours and returns the sum, so that no load is left out. */
  static float read(MemorySegment memory, long offset, int rounds) {
    FloatVector a0 = FloatVector.zero(LANES);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector a4 = a0;
    FloatVector a5 = a0;
    FloatVector a6 = a0;
    FloatVector a7 = a0;
    for (int i = 0; i < rounds; i++) {
      long at = offset + (long) i * 8 * STRIDE;
      a0 = a0.add(FloatVector.fromMemorySegment(LANES, memory, at, ORDER));
      a1 = a1.add(FloatVector.fromMemorySegment(LANES, memory, at + STRIDE, ORDER));
      a2 = a2.add(FloatVector.fromMemorySegment(LANES, memory, at + 2L * STRIDE, ORDER));
      a3 = a3.add(FloatVector.fromMemorySegment(LANES, memory, at + 3L * STRIDE, ORDER));
      a4 = a4.add(FloatVector.fromMemorySegment(LANES, memory, at + 4L * STRIDE, ORDER));
      a5 = a5.add(FloatVector.fromMemorySegment(LANES, memory, at + 5L * STRIDE, ORDER));
      a6 = a6.add(FloatVector.fromMemorySegment(LANES, memory, at + 6L * STRIDE, ORDER));
      a7 = a7.add(FloatVector.fromMemorySegment(LANES, memory, at + 7L * STRIDE, ORDER));
    }
    return a0.add(a1).add(a2.add(a3)).add(a4.add(a5).add(a6.add(a7))).lane(0);
  }

  /** Runs chains of products with sums that stay finite, and returns something of each. */
  static float multiplyAdd(int rounds) {
    FloatVector x = FloatVector.broadcast(LANES, FACTOR);
    FloatVector y = FloatVector.broadcast(LANES, SUMMAND);
    FloatVector a0 = y;
    FloatVector a1 = y;
    FloatVector a2 = y;
    FloatVector a3 = y;
    FloatVector a4 = y;
    FloatVector a5 = y;
    FloatVector a6 = y;
    FloatVector a7 = y;
    FloatVector a8 = y;
    FloatVector a9 = y;
    FloatVector a10 = y;
    FloatVector a11 = y;
    for (int i = 0; i < rounds; i++) {
      a0 = a0.fma(x, y);
      a1 = a1.fma(x, y);
      a2 = a2.fma(x, y);
      a3 = a3.fma(x, y);
      a4 = a4.fma(x, y);
      a5 = a5.fma(x, y);
      a6 = a6.fma(x, y);
      a7 = a7.fma(x, y);
      a8 = a8.fma(x, y);
      a9 = a9.fma(x, y);
      a10 = a10.fma(x, y);
      a11 = a11.fma(x, y);
    }
    FloatVector first = a0.add(a1).add(a2.add(a3)).add(a4.add(a5));
    return first.add(a6.add(a7)).add(a8.add(a9)).add(a10.add(a11)).lane(0);
  }
}
