package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * Adds the lanes of vectors, always as the same tree: neighbours first, {@code (0 + 1) + (2 + 3)},
 * then neighbouring pairs, and so on. The Vector API's own reduction leaves the order open.
 */
final class LaneSums {
  static final VectorShuffle<Float> SWAP_1 = FLOATS.shuffleFromOp(lane -> lane ^ 1);
  static final VectorShuffle<Float> SWAP_2 = FLOATS.shuffleFromOp(lane -> lane ^ 2);
  static final VectorShuffle<Float> SWAP_4 = FLOATS.shuffleFromOp(lane -> (lane ^ 4) % COUNT);
  static final VectorShuffle<Float> SWAP_8 = FLOATS.shuffleFromOp(lane -> (lane ^ 8) % COUNT);
  static final VectorMask<Float> ODD_1 = VectorMask.fromLong(FLOATS, 0xAAAA);
  static final VectorMask<Float> ODD_2 = VectorMask.fromLong(FLOATS, 0xCCCC);
  static final VectorMask<Float> ODD_4 = VectorMask.fromLong(FLOATS, 0xF0F0);
  static final VectorMask<Float> ODD_8 = VectorMask.fromLong(FLOATS, 0xFF00);

  private LaneSums() {}

  /**
   * Adds the lanes of each of 16 vectors that lie side by side; overwrites some of them.
   *
   * @param memory the vectors
   * @param at where the first one starts
   * @param out takes the 16 sums, side by side
   * @param outAt where the first one goes
   */
  static void ofEach(MemorySegment memory, long at, MemorySegment out, long outAt) {
    memory = NativeMemory.of(memory);
    out = NativeMemory.of(out);
    MemorySegment next = COUNT == 4 ? out : memory;
    long nextAt = COUNT == 4 ? outAt : at;
    // Two vectors become one: even lanes add a pair of the first, odd lanes that of the second.
    for (int i = 0; i < 4; i++) {
      long from = at + 4L * BYTES * i;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, from, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, memory, from + BYTES, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, memory, from + 2 * BYTES, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, memory, from + 3 * BYTES, ORDER);
      a = a.blend(b, ODD_1).add(b.blend(a, ODD_1).rearrange(SWAP_1));
      c = c.blend(d, ODD_1).add(d.blend(c, ODD_1).rearrange(SWAP_1));
      a.blend(c, ODD_2)
          .add(c.blend(a, ODD_2).rearrange(SWAP_2))
          .intoMemorySegment(next, nextAt + BYTES * i, ORDER);
    }
    if (COUNT == 4) {
      return;
    }
    FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER);
    FloatVector b = FloatVector.fromMemorySegment(FLOATS, memory, at + BYTES, ORDER);
    FloatVector c = FloatVector.fromMemorySegment(FLOATS, memory, at + 2 * BYTES, ORDER);
    FloatVector d = FloatVector.fromMemorySegment(FLOATS, memory, at + 3 * BYTES, ORDER);
    a = a.blend(b, ODD_4).add(b.blend(a, ODD_4).rearrange(SWAP_4));
    c = c.blend(d, ODD_4).add(d.blend(c, ODD_4).rearrange(SWAP_4));
    if (COUNT == 8) {
      a.intoMemorySegment(out, outAt, ORDER);
      c.intoMemorySegment(out, outAt + BYTES, ORDER);
      return;
    }
    a.blend(c, ODD_8).add(c.blend(a, ODD_8).rearrange(SWAP_8)).intoMemorySegment(out, outAt, ORDER);
  }

  /**
   * Adds the lanes of one vector.
   *
   * @param memory the vector
   * @param at where it starts
   * @return the same sum as {@link #ofEach} gives
   */
  static float of(MemorySegment memory, long at) {
    FloatVector sums = FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER);
    sums = sums.add(sums.rearrange(SWAP_1));
    sums = sums.add(sums.rearrange(SWAP_2));
    if (COUNT >= 8) {
      sums = sums.add(sums.rearrange(SWAP_4));
    }
    if (COUNT >= 16) {
      sums = sums.add(sums.rearrange(SWAP_8));
    }
    return sums.lane(0);
  }
}
