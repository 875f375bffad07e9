package org.mla4j.core.testing;

import java.util.Arrays;
import java.util.stream.Stream;
import org.mla4j.api.tensor.DType;

/** Random bytes with scales that make weights of them. */
public final class RandomBlocks {
  private RandomBlocks() {}

  /** All block types. */
  public static Stream<DType> types() {
    return Arrays.stream(DType.values()).filter(DType::isBlockType);
  }

  /** Blocks whose values have about this deviation around 0. */
  static byte[] of(DType dtype, RandomData random, double deviation, long elements) {
    byte[] blocks = new byte[Math.toIntExact(dtype.byteCount(elements))];
    random.bytes(blocks);
    // The deviation of values, and for two types their mean, where all bytes are equally likely and
    // the scales are 1.
    double unit =
        switch (dtype) {
          case Q8_0 -> 73.9;
          case Q4_0 -> 4.6;
          case Q5_0, Q5_1 -> 9.2;
          case IQ4_NL -> 68;
          case Q4_K -> 36 * 4.6;
          case Q5_K -> 36 * 9.2;
          case Q6_K -> 73.9 * 18.5;
          default -> throw new IllegalArgumentException(dtype + " is no block type");
        };
    for (int at = 0; at < blocks.length; at += dtype.blockBytes()) {
      double scale = deviation / unit * (0.75 + random.below(32) / 64.0);
      switch (dtype) {
        case Q6_K -> put(blocks, at + 208, scale);
        case Q5_1 -> {
          put(blocks, at, scale);
          put(blocks, at + 2, -15.5 * scale);
        }
        case Q4_K, Q5_K -> {
          put(blocks, at, scale);
          put(blocks, at + 2, (dtype == DType.Q4_K ? 7.5 : 15.5) * scale);
        }
        default -> put(blocks, at, scale);
      }
    }
    return blocks;
  }

  private static void put(byte[] blocks, int at, double scale) {
    short bits = Float.floatToFloat16((float) scale);
    blocks[at] = (byte) bits;
    blocks[at + 1] = (byte) (bits >> 8);
  }
}
