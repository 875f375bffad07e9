package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.tensor.DType;

/**
 * How rows of a block type become floats: bit for bit those of {@link
 * org.mla4j.api.tensor.BlockCodec}. A row is a whole number of blocks, and so of vectors.
 *
 * <p>Addresses need not be aligned. Each type has its own loops, as {@link FloatFormat} says.
 */
sealed interface BlockFormat permits BlockFormat.Direct, Q4KBlocks, Q6KBlocks {
  /** A format that multiplies without decoding into memory first. */
  sealed interface Direct extends BlockFormat permits Q4Blocks, Q8Blocks {
    /**
     * Multiplies a stored row by a row of floats. The values are those of the decoded row, bit for
     * bit, but the first and the second halves of all blocks have sums of their own: an addition
     * waits for the one before it, and a single sum would let memory wait, too.
     *
     * @param row where the stored row is
     * @param rowAt where it starts
     * @param x where the floats are
     * @param xAt where they start
     * @param length elements of both
     * @param lanes takes one vector: a partial sum for each lane
     * @param lanesAt where it goes
     */
    void dot(
        MemorySegment row,
        long rowAt,
        MemorySegment x,
        long xAt,
        int length,
        MemorySegment lanes,
        long lanesAt);
  }

  /** What is read of a block at a time: as many bytes as a vector has floats, at least eight. */
  VectorSpecies<Byte> CODES = COUNT == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

  /** Bytes read at a time. */
  int CODE_COUNT = CODES.length();

  /** Vectors of floats that they fill. */
  int PARTS = CODE_COUNT / COUNT;

  ValueLayout.OfShort SCALE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Returns the format of a type; null for one that has no loops of its own. */
  static @Nullable BlockFormat of(DType dtype) {
    return switch (dtype) {
      case Q8_0 -> Q8Blocks.INSTANCE;
      case Q4_0 -> Q4Blocks.INSTANCE;
      case Q4_K -> Q4KBlocks.INSTANCE;
      case Q6_K -> Q6KBlocks.INSTANCE;
      default -> null;
    };
  }

  /**
   * Converts a stored row to floats.
   *
   * @param row where the stored row is
   * @param rowAt where it starts
   * @param length elements
   * @param out takes the vectors
   * @param outAt where the first one goes
   * @param stride bytes from vector to vector
   */
  void widen(MemorySegment row, long rowAt, int length, MemorySegment out, long outAt, long stride);
}
