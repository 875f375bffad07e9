package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Loops that do one thing as fast as this machine can with the vectors that the kernels use: a
 * bound that kernels are held against. Each leaves a value that depends on all it did, so that none
 * of it can be left out.
 */
public final class PeakLoops {
  /** Chains of products that do not wait for each other: more than a core has in flight. */
  private static final int CHAINS = 12;

  /** Vectors that a round of {@link #read} reads. */
  private static final int STREAMS = 8;

  private PeakLoops() {}

  /**
   * Returns how much a round of {@link #multiplyAdd} computes.
   *
   * @return floating-point operations, two for each product with its sum
   */
  public static long flopsPerRound() {
    return 2L * CHAINS * COUNT;
  }

  /**
   * Returns how much a round of {@link #read} reads.
   *
   * @return bytes
   */
  public static long bytesPerRound() {
    return STREAMS * BYTES;
  }

  /**
   * Multiplies and adds in registers.
   *
   * @param rounds how often
   * @return the sum of what came out
   */
  public static float multiplyAdd(int rounds) {
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector little = FloatVector.broadcast(FLOATS, 1e-9f);
    FloatVector a = little;
    FloatVector b = little;
    FloatVector c = little;
    FloatVector d = little;
    FloatVector e = little;
    FloatVector f = little;
    FloatVector g = little;
    FloatVector h = little;
    FloatVector i = little;
    FloatVector j = little;
    FloatVector k = little;
    FloatVector l = little;
    for (int round = 0; round < rounds; round++) {
      a = a.fma(one, little);
      b = b.fma(one, little);
      c = c.fma(one, little);
      d = d.fma(one, little);
      e = e.fma(one, little);
      f = f.fma(one, little);
      g = g.fma(one, little);
      h = h.fma(one, little);
      i = i.fma(one, little);
      j = j.fma(one, little);
      k = k.fma(one, little);
      l = l.fma(one, little);
    }
    FloatVector sum = a.add(b).add(c).add(d).add(e).add(f);
    return sum.add(g).add(h).add(i).add(j).add(k).add(l).lane(0);
  }

  /**
   * Reads memory from one end to the other and adds it up.
   *
   * @param memory F32 elements
   * @param from where to begin, in bytes
   * @param rounds how many times {@link #bytesPerRound} to read
   * @return one lane of the sum
   */
  public static float read(MemorySegment memory, long from, int rounds) {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    FloatVector e = a;
    FloatVector f = a;
    FloatVector g = a;
    FloatVector h = a;
    for (int round = 0; round < rounds; round++) {
      long at = from + STREAMS * BYTES * round;
      a = a.add(FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER));
      b = b.add(FloatVector.fromMemorySegment(FLOATS, memory, at + BYTES, ORDER));
      c = c.add(FloatVector.fromMemorySegment(FLOATS, memory, at + 2 * BYTES, ORDER));
      d = d.add(FloatVector.fromMemorySegment(FLOATS, memory, at + 3 * BYTES, ORDER));
      e = e.add(FloatVector.fromMemorySegment(FLOATS, memory, at + 4 * BYTES, ORDER));
      f = f.add(FloatVector.fromMemorySegment(FLOATS, memory, at + 5 * BYTES, ORDER));
      g = g.add(FloatVector.fromMemorySegment(FLOATS, memory, at + 6 * BYTES, ORDER));
      h = h.add(FloatVector.fromMemorySegment(FLOATS, memory, at + 7 * BYTES, ORDER));
    }
    return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).lane(0);
  }
}
