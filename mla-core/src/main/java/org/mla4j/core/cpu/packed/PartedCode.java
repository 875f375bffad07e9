package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 256 columns in {@link Parts} that have scales of their own. First the scales of these
 * scales, for each row a float of sixteen bits; what else a type has is its own matter. For kernels
 * a part is a block.
 */
abstract class PartedCode extends BlockCode {
  /** Where the scales of parts are. */
  static final long SCALES = 64;

  private static final int BLOCK = 256;

  private final int partCount;
  private final int blockBytes;
  private final long groupBlock;
  private final float stepsPerScale;
  private final Parts parts = new Parts();
  private int steps;

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Halves halves;

  /**
   * Blocks of a type.
   *
   * @param partCount parts of a block
   * @param blockBytes bytes of a block in files
   * @param groupBlock bytes of a block of sixteen rows
   * @param stepsPerScale what a raw weight is to be multiplied by besides its scale
   */
  PartedCode(int partCount, int blockBytes, long groupBlock, float stepsPerScale) {
    this.partCount = partCount;
    this.blockBytes = blockBytes;
    this.groupBlock = groupBlock;
    this.stepsPerScale = stepsPerScale;
  }

  @Override
  int columns() {
    return BLOCK / partCount;
  }

  @Override
  int multiple() {
    return partCount;
  }

  @Override
  long bytes(int blocks) {
    return blocks / partCount * groupBlock;
  }

  @Override
  boolean hasScale() {
    return true;
  }

  @Override
  void prepare(VectorCode code) {
    halves = new Halves(code);
    steps = code.constant(stepsPerScale);
  }

  @Override
  void begin(VectorCode code, Place place) {
    parts.begin(code, place, partCount, groupBlock);
  }

  /** Where the parts are. */
  Parts parts() {
    return parts;
  }

  @Override
  void scale(VectorCode code, Place place) {
    load(code, place, 0, SCALES).get(steps).mul();
  }

  /** Leaves for each row a float of its block times a byte of its part. */
  VectorCode load(VectorCode code, Place place, long floatsAt, long bytesAt) {
    halves.load(code, place, parts.blockAt(), floatsAt);
    parts.loadByte(code, place, bytesAt);
    return code.mul();
  }

  /** Whether the floats are finite that all blocks have at a place. */
  boolean areFinite(MemorySegment rows, long at, long elements) {
    return Halves.areFinite(rows, at, blockBytes, elements / BLOCK);
  }

  @Override
  void pack(MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at) {
    int blocks = columns / BLOCK;
    for (int row = 0; row < count; row++) {
      for (int block = 0; block < blocks; block++) {
        long from = rowsAt + ((long) row * blocks + block) * blockBytes;
        packBlock(rows, from, group, at + block * groupBlock, row);
      }
    }
  }

  /** Packs a block of a row. */
  abstract void packBlock(MemorySegment rows, long from, MemorySegment group, long to, int row);

  /** Packs a float of a block. */
  static void packFloat(MemorySegment rows, long from, MemorySegment group, long to, int row) {
    short half = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from);
    group.set(ValueLayout.JAVA_SHORT_UNALIGNED, to + 2L * row, half);
  }
}
