package org.mla4j.api.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 256 neighbours in parts with scales of their own, which are integers times a scale of
 * the block.
 */
final class LargeBlocks {
  private static final int COUNT = 256;

  /** Neighbours whose integers start at bit 0 of consecutive bytes. */
  private static final int RUN = 32;

  /** Neighbours that share a scale where there are 16 scales. */
  private static final int SHORT_RUN = 16;

  private static final int SCALES_AT = 4;
  private static final int SCALES_BYTES = 12;

  private LargeBlocks() {}

  /**
   * Scale of scales, scale of least values, 8 pairs of 6 bits, 128 pairs of integers: of two in a
   * byte the lower is of a part, the upper of the next.
   */
  static void decodeQ4(MemorySegment from, long block, float[] into, int start) {
    float scale = SmallBlocks.scale(from, block);
    float leastScale = SmallBlocks.scale(from, block + 2);
    long pairs = block + SCALES_AT + SCALES_BYTES;
    for (int part = 0; part < COUNT / RUN; part++) {
      float step = scale * partScale(from, block + SCALES_AT, part);
      float least = leastScale * partLeast(from, block + SCALES_AT, part);
      long bytes = pairs + (long) RUN * (part / 2);
      int shift = part % 2 * 4;
      int first = start + part * RUN;
      for (int i = 0; i < RUN; i++) {
        int q = (unsigned(from, bytes + i) >> shift) & 15;
        into[first + i] = step * q - least;
      }
    }
  }

  /**
   * As {@link #decodeQ4}, with the highest bits before the pairs: byte i has those of element i of
   * every part.
   */
  static void decodeQ5(MemorySegment from, long block, float[] into, int start) {
    float scale = SmallBlocks.scale(from, block);
    float leastScale = SmallBlocks.scale(from, block + 2);
    long highBits = block + SCALES_AT + SCALES_BYTES;
    long pairs = highBits + RUN;
    for (int part = 0; part < COUNT / RUN; part++) {
      float step = scale * partScale(from, block + SCALES_AT, part);
      float least = leastScale * partLeast(from, block + SCALES_AT, part);
      long bytes = pairs + (long) RUN * (part / 2);
      int shift = part % 2 * 4;
      int first = start + part * RUN;
      for (int i = 0; i < RUN; i++) {
        int high = (unsigned(from, highBits + i) >> part) & 1;
        int q = ((unsigned(from, bytes + i) >> shift) & 15) | (high << 4);
        into[first + i] = step * q - least;
      }
    }
  }

  /**
   * Lower 4 bits, upper 2 bits, 16 signed scales, scale of scales. Each half of the block has 64
   * bytes of lower bits, two runs in each 32 of them, and 32 of upper bits, four runs in all of
   * them; integers are stored 32 too large.
   */
  static void decodeQ6(MemorySegment from, long block, float[] into, int start) {
    long highBits = block + COUNT / 2;
    long scales = highBits + COUNT / 4;
    float scale = SmallBlocks.scale(from, scales + COUNT / SHORT_RUN);
    for (int part = 0; part < COUNT / SHORT_RUN; part++) {
      float step = scale * from.get(ValueLayout.JAVA_BYTE, scales + part);
      int half = part / 8;
      int run = part / 2 % 4;
      int inRun = part % 2 * SHORT_RUN;
      long low = block + (long) RUN * (half * 2 + run % 2) + inRun;
      long high = highBits + (long) RUN * half + inRun;
      int lowShift = run / 2 * 4;
      int highShift = run * 2;
      int first = start + part * SHORT_RUN;
      for (int i = 0; i < SHORT_RUN; i++) {
        int upper = (unsigned(from, high + i) >> highShift) & 3;
        int lower = (unsigned(from, low + i) >> lowShift) & 15;
        into[first + i] = step * ((lower | (upper << 4)) - 32);
      }
    }
  }

  /**
   * The scale of a part. Those of the first four are the lower 6 bits of bytes 0 to 3; of the last
   * four, bytes 8 to 11 have the lower 4 bits and bytes 0 to 3 the upper 2.
   */
  private static int partScale(MemorySegment from, long scales, int part) {
    if (part < 4) {
      return unsigned(from, scales + part) & 63;
    }
    int upper = unsigned(from, scales + part - 4) >> 6;
    return (unsigned(from, scales + part + 4) & 15) | (upper << 4);
  }

  /** The least value of a part: as its scale, in bytes 4 to 7 and the upper half of 8 to 11. */
  private static int partLeast(MemorySegment from, long scales, int part) {
    if (part < 4) {
      return unsigned(from, scales + part + 4) & 63;
    }
    int upper = unsigned(from, scales + part) >> 6;
    return (unsigned(from, scales + part + 4) >> 4) | (upper << 4);
  }

  private static int unsigned(MemorySegment from, long at) {
    return Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, at));
  }
}
