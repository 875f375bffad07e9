package org.mla4j.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;

/** Fills memory with numbers of ordinary size, in any type that kernels read. */
final class RandomElements {
  /** Drawn once and repeated: what they say does not matter. */
  private static final int DRAWN = 1 << 16;

  private static final float[] VALUES = new float[DRAWN];

  static {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < DRAWN; i++) {
      VALUES[i] = (float) random.nextDouble(-1, 1);
    }
  }

  private RandomElements() {}

  /** Fills a segment; integers become 0. */
  static void fill(DType dtype, MemorySegment target) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment drawn = arena.allocate(dtype.byteCount(DRAWN), 64);
      draw(dtype, drawn);
      for (long at = 0; at < target.byteSize(); at += drawn.byteSize()) {
        long bytes = Math.min(drawn.byteSize(), target.byteSize() - at);
        MemorySegment.copy(drawn, 0, target, at, bytes);
      }
    }
  }

  private static void draw(DType dtype, MemorySegment to) {
    switch (dtype) {
      case F32 -> MemorySegment.copy(VALUES, 0, to, ValueLayout.JAVA_FLOAT, 0, DRAWN);
      case F16, BF16 -> {
        for (int i = 0; i < DRAWN; i++) {
          short bits =
              dtype == DType.F16 ? Float.floatToFloat16(VALUES[i]) : BFloat16.fromFloat(VALUES[i]);
          to.setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
        }
      }
      case F8_E4M3 -> {
        for (int i = 0; i < DRAWN; i++) {
          to.set(ValueLayout.JAVA_BYTE, i, Float8E4M3.fromFloat(VALUES[i]));
        }
      }
      case Q8_0, Q4_0 -> BlockCodec.encode(dtype, VALUES, 0, DRAWN, to, 0);
      case Q4_K -> drawBlocks(dtype, to, 0, 2);
      case Q6_K -> drawBlocks(dtype, to, 208);
      case I32, I64 -> to.fill((byte) 0);
      default -> throw new IllegalArgumentException("Elements of type " + dtype);
    }
  }

  /** Random bits, and small scales where the type has its F16 ones. */
  private static void drawBlocks(DType dtype, MemorySegment to, int... scales) {
    SplittableRandom random = new SplittableRandom(2);
    for (long i = 0; i < to.byteSize(); i++) {
      to.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (long block = 0; block < to.byteSize(); block += dtype.blockBytes()) {
      for (int scale : scales) {
        to.set(ValueLayout.JAVA_SHORT_UNALIGNED, block + scale, Float.floatToFloat16(1e-3f));
      }
    }
  }
}
