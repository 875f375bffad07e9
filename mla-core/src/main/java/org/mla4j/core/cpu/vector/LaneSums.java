package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.Lanes.COUNT;
import static org.mla4j.core.cpu.vector.Lanes.FLOATS;
import static org.mla4j.core.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Adds the lanes of vectors, always as the same tree: neighbours first, {@code (0 + 1) + (2 + 3)},
 * then neighbouring pairs, and so on. The Vector API's own reduction leaves the order open.
 */
final class LaneSums {
  private static final VectorShuffle<Float> SWAP_1 = FLOATS.shuffleFromOp(lane -> lane ^ 1);
  private static final VectorShuffle<Float> SWAP_2 = FLOATS.shuffleFromOp(lane -> lane ^ 2);
  private static final VectorShuffle<Float> SWAP_4 =
      FLOATS.shuffleFromOp(lane -> (lane ^ 4) % COUNT);
  private static final VectorShuffle<Float> SWAP_8 =
      FLOATS.shuffleFromOp(lane -> (lane ^ 8) % COUNT);
  private static final VectorMask<Float> ODD_1 = VectorMask.fromLong(FLOATS, 0xAAAA);
  private static final VectorMask<Float> ODD_2 = VectorMask.fromLong(FLOATS, 0xCCCC);
  private static final VectorMask<Float> ODD_4 = VectorMask.fromLong(FLOATS, 0xF0F0);
  private static final VectorMask<Float> ODD_8 = VectorMask.fromLong(FLOATS, 0xFF00);

  private LaneSums() {}

  /**
   * Adds the lanes of each of several vectors that lie side by side; overwrites them.
   *
   * @param memory the vectors
   * @param at where the first one starts
   * @param vectors how many; a multiple of {@link Lanes#COUNT}
   * @param out takes the sums, side by side
   * @param outAt where the first one goes
   */
  static void ofEach(MemorySegment memory, long at, int vectors, MemorySegment out, long outAt) {
    int level = vectors / 2;
    for (int i = 0; i < level; i++) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i, ORDER);
      FloatVector b =
          FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i + BYTES, ORDER);
      // Even lanes take a pair of a, odd lanes the same pair of b: two vectors become one.
      a.blend(b.rearrange(SWAP_1), ODD_1)
          .add(a.rearrange(SWAP_1).blend(b, ODD_1))
          .intoMemorySegment(memory, at + (long) BYTES * i, ORDER);
    }
    level /= 2;
    for (int i = 0; i < level; i++) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i, ORDER);
      FloatVector b =
          FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i + BYTES, ORDER);
      a.blend(b.rearrange(SWAP_2), ODD_2)
          .add(a.rearrange(SWAP_2).blend(b, ODD_2))
          .intoMemorySegment(memory, at + (long) BYTES * i, ORDER);
    }
    if (COUNT >= 8) {
      level /= 2;
      for (int i = 0; i < level; i++) {
        FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i, ORDER);
        FloatVector b =
            FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i + BYTES, ORDER);
        a.blend(b.rearrange(SWAP_4), ODD_4)
            .add(a.rearrange(SWAP_4).blend(b, ODD_4))
            .intoMemorySegment(memory, at + (long) BYTES * i, ORDER);
      }
    }
    if (COUNT >= 16) {
      level /= 2;
      for (int i = 0; i < level; i++) {
        FloatVector a = FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i, ORDER);
        FloatVector b =
            FloatVector.fromMemorySegment(FLOATS, memory, at + 2L * BYTES * i + BYTES, ORDER);
        a.blend(b.rearrange(SWAP_8), ODD_8)
            .add(a.rearrange(SWAP_8).blend(b, ODD_8))
            .intoMemorySegment(memory, at + (long) BYTES * i, ORDER);
      }
    }
    for (int i = 0; i < level; i++) {
      FloatVector.fromMemorySegment(FLOATS, memory, at + (long) BYTES * i, ORDER)
          .intoMemorySegment(out, outAt + (long) BYTES * i, ORDER);
    }
  }

  /**
   * Adds the lanes of one vector; overwrites it.
   *
   * @param memory the vector
   * @param at where it starts
   * @return the same sum as {@link #ofEach} gives
   */
  static float of(MemorySegment memory, long at) {
    for (int level = COUNT / 2; level > 0; level /= 2) {
      for (int i = 0; i < level; i++) {
        float a = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 8L * i);
        float b = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 8L * i + 4);
        memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i, a + b);
      }
    }
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
  }
}
