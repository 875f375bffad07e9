package org.mla4j.tck.cases;

import java.util.SplittableRandom;
import org.mla4j.api.tensor.DType;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Numbers;

/** Random weights that keep numbers near 1. */
final class Weights {
  private Weights() {}

  /** A matrix {@code [out, in]}. */
  static SampleWeight matrix(String name, DType dtype, int out, int in) {
    double deviation = 1 / Math.sqrt(in);
    if (dtype.isBlockType()) {
      byte[] blocks = blocks(dtype, (long) out * in, deviation, name.hashCode());
      return SampleWeight.blocks(name, dtype, blocks, out, in);
    }
    return SampleWeight.of(
        name, dtype, Numbers.normal(out * in, deviation, name.hashCode()), out, in);
  }

  /** Random bytes with scales that give values about this deviation around 0. */
  private static byte[] blocks(DType dtype, long elements, double deviation, long place) {
    SplittableRandom random = Numbers.random(place, dtype.blockBytes());
    byte[] blocks = new byte[Math.toIntExact(dtype.byteCount(elements))];
    random.nextBytes(blocks);
    for (int at = 0; at < blocks.length; at += dtype.blockBytes()) {
      double scale = deviation / unitDeviation(dtype) * (0.75 + random.nextDouble() / 2);
      putHalf(blocks, dtype == DType.Q6_K ? at + 208 : at, scale);
      switch (dtype) {
        case Q5_1 -> putHalf(blocks, at + 2, -15.5 * scale);
        case Q4_K -> putHalf(blocks, at + 2, 7.5 * scale);
        case Q5_K -> putHalf(blocks, at + 2, 15.5 * scale);
        default -> {}
      }
    }
    return blocks;
  }

  /** The deviation of values where all bytes are equally likely and the scale is 1. */
  private static double unitDeviation(DType dtype) {
    double fourBits = 4.6;
    double fiveBits = 9.2;
    double sixBits = 18.5;
    double eightBits = 73.9;
    double partScale = 36;
    return switch (dtype) {
      case Q8_0 -> eightBits;
      case Q4_0 -> fourBits;
      case Q5_0, Q5_1 -> fiveBits;
      case IQ4_NL -> 68;
      case Q4_K -> partScale * fourBits;
      case Q5_K -> partScale * fiveBits;
      case Q6_K -> eightBits * sixBits;
      default -> throw new IllegalArgumentException(dtype + " is no block type.");
    };
  }

  private static void putHalf(byte[] blocks, int at, double value) {
    short bits = Float.floatToFloat16((float) value);
    blocks[at] = (byte) bits;
    blocks[at + 1] = (byte) (bits >> 8);
  }

  /** The weight of a norm, around 1; F32 where matrices are of a block type. */
  static SampleWeight norm(String name, DType dtype, int width) {
    double[] values = Numbers.normal(width, 0.2, name.hashCode());
    for (int i = 0; i < width; i++) {
      values[i] += 1;
    }
    return SampleWeight.of(name, dtype.isBlockType() ? DType.F32 : dtype, values, width);
  }

  /** A bias. */
  static SampleWeight bias(String name, int width) {
    return SampleWeight.of(name, DType.F32, Numbers.normal(width, 0.5, name.hashCode()), width);
  }
}
