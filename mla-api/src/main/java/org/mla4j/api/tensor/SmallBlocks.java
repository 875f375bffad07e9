package org.mla4j.api.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Blocks of 32 neighbours. Of two 4-bit integers in a byte the lower is of the first 16 neighbours,
 * the upper of the last.
 */
final class SmallBlocks {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int COUNT = 32;
  private static final int HALF = COUNT / 2;

  /** What the indices of IQ4_NL stand for, times the scale. */
  private static final float[] TABLE = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private SmallBlocks() {}

  /** Reads an F16, such as the scale that every one of these blocks starts with. */
  static float scale(MemorySegment from, long at) {
    return Float.float16ToFloat(from.get(SHORT, at));
  }

  /** Scale, 32 signed bytes. */
  static void decodeQ8(MemorySegment from, long block, float[] into, int start) {
    float scale = scale(from, block);
    for (int i = 0; i < COUNT; i++) {
      into[start + i] = scale * from.get(ValueLayout.JAVA_BYTE, block + 2 + i);
    }
  }

  /** Scale, 16 pairs of integers that are stored 8 too large. */
  static void decodeQ4(MemorySegment from, long block, float[] into, int start) {
    float scale = scale(from, block);
    for (int i = 0; i < HALF; i++) {
      int pair = Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, block + 2 + i));
      into[start + i] = scale * ((pair & 15) - 8);
      into[start + HALF + i] = scale * ((pair >> 4) - 8);
    }
  }

  /** Scale, the 32 highest bits, 16 pairs of lower bits; integers are stored 16 too large. */
  static void decodeQ5(MemorySegment from, long block, float[] into, int start) {
    float scale = scale(from, block);
    int high = from.get(INT, block + 2);
    for (int i = 0; i < HALF; i++) {
      int pair = Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, block + 6 + i));
      into[start + i] = scale * (((pair & 15) | fifthBit(high, i)) - 16);
      into[start + HALF + i] = scale * (((pair >> 4) | fifthBit(high, HALF + i)) - 16);
    }
  }

  /** Scale, least value, the 32 highest bits, 16 pairs of lower bits. */
  static void decodeQ5WithLeast(MemorySegment from, long block, float[] into, int start) {
    float scale = scale(from, block);
    float least = scale(from, block + 2);
    int high = from.get(INT, block + 4);
    for (int i = 0; i < HALF; i++) {
      int pair = Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, block + 8 + i));
      into[start + i] = scale * ((pair & 15) | fifthBit(high, i)) + least;
      into[start + HALF + i] = scale * ((pair >> 4) | fifthBit(high, HALF + i)) + least;
    }
  }

  private static int fifthBit(int high, int element) {
    return ((high >>> element) & 1) << 4;
  }

  /** Scale, 16 pairs of indices into the table. */
  static void decodeTable4(MemorySegment from, long block, float[] into, int start) {
    float scale = scale(from, block);
    for (int i = 0; i < HALF; i++) {
      int pair = Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, block + 2 + i));
      into[start + i] = scale * TABLE[pair & 15];
      into[start + HALF + i] = scale * TABLE[pair >> 4];
    }
  }

  static void encodeQ8(float[] from, int start, MemorySegment to, long block) {
    float scale = Math.abs(largest(from, start)) / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    to.set(SHORT, block, Float.floatToFloat16(scale));
    for (int i = 0; i < COUNT; i++) {
      float steps = from[start + i] * inverse;
      // In binary64: adding a half to the binary32 just below a half would give one.
      long magnitude = (long) (Math.abs((double) steps) + 0.5);
      int q = (int) Math.min(magnitude, 127);
      to.set(ValueLayout.JAVA_BYTE, block + 2 + i, (byte) (steps < 0 ? -q : q));
    }
  }

  static void encodeQ4(float[] from, int start, MemorySegment to, long block) {
    float scale = largest(from, start) / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    to.set(SHORT, block, Float.floatToFloat16(scale));
    for (int i = 0; i < HALF; i++) {
      int low = fourBits(from[start + i] * inverse);
      int high = fourBits(from[start + HALF + i] * inverse);
      to.set(ValueLayout.JAVA_BYTE, block + 2 + i, (byte) (low | (high << 4)));
    }
  }

  private static int fourBits(float steps) {
    return Math.clamp((int) (steps + 8.5f), 0, 15);
  }

  /** The value of the largest magnitude, the first of several. */
  private static float largest(float[] values, int start) {
    float largest = 0;
    for (int i = start; i < start + COUNT; i++) {
      if (Math.abs(values[i]) > Math.abs(largest)) {
        largest = values[i];
      }
    }
    return largest;
  }
}
