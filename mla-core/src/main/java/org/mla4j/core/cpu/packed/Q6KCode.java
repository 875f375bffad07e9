package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q6_K. For each 256 columns: for each row the scale of scales; for each four parts of 16 columns
 * an int of scales per row; then for each part two ints of the lower four bits per row, the first
 * column in the lowest bits, and one int of the upper two bits.
 */
final class Q6KCode extends BlockCode {
  private static final int BLOCK = 16;
  private static final int PARTS = 16;
  private static final int BLOCK_BYTES = 210;
  private static final int UPPER_AT = 128;
  private static final int PART_SCALES_AT = 192;
  private static final int SCALE_AT = 208;

  private static final long SCALES = 64;
  private static final long INTEGERS = SCALES + 256;
  private static final long PART_INTEGERS = 192;
  private static final long GROUP_BLOCK = INTEGERS + PARTS * PART_INTEGERS;

  /** As the highest bits of a mantissa, an integer q makes {@code 1 + q / 64}; 32 stands for 0. */
  private static final float STEPS = 64;

  private static final float EXCESS = -1.5f;
  private static final int LOWER = 0x001E0000;
  private static final int LOWER_SHIFT = 17;
  private static final int UPPER = 0x00600000;
  private static final int UPPER_SHIFT = 21;
  private static final int ONE = 0x3F800000;

  private final Parts parts = new Parts();
  private int integersAt;
  private int lower;
  private int upper;
  private int steps;
  private int lowerBits;
  private int upperBits;
  private int one;

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Halves halves;

  @Override
  int columns() {
    return BLOCK;
  }

  @Override
  int multiple() {
    return PARTS;
  }

  @Override
  long bytes(int blocks) {
    return blocks / PARTS * GROUP_BLOCK;
  }

  @Override
  float excess() {
    return EXCESS;
  }

  @Override
  boolean hasScale() {
    return true;
  }

  @Override
  void prepare(VectorCode code) {
    halves = new Halves(code);
    steps = code.constant(STEPS);
    lowerBits = code.constant(LOWER);
    upperBits = code.constant(UPPER);
    one = code.constant(ONE);
  }

  @Override
  void begin(VectorCode code, Place place) {
    parts.begin(code, place, PARTS, GROUP_BLOCK);
    integersAt = code.newLong();
    lower = code.newVector();
    upper = code.newVector();
    parts.address(code, INTEGERS, PART_INTEGERS).lstore(integersAt);
    code.loadInts(place.group(), integersAt, 128, place.lane()).set(upper);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    if (column % 8 == 0) {
      code.loadInts(place.group(), integersAt, 8L * column, place.lane()).set(lower);
    }
    code.get(lower).shift(LOWER_SHIFT - 4 * (column % 8)).get(lowerBits).and();
    code.get(upper).shift(UPPER_SHIFT - 2 * column).get(upperBits).and();
    code.or().get(one).or().asFloats();
  }

  @Override
  void scale(VectorCode code, Place place) {
    halves.load(code, place, parts.blockAt(), 0).get(steps).mul();
    parts.loadByte(code, place, SCALES);
    code.mul();
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return Halves.areFinite(rows, SCALE_AT, BLOCK_BYTES, elements / (PARTS * BLOCK));
  }

  @Override
  void pack(MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at) {
    int blocks = columns / (PARTS * BLOCK);
    for (int row = 0; row < count; row++) {
      for (int block = 0; block < blocks; block++) {
        long from = rowsAt + ((long) row * blocks + block) * BLOCK_BYTES;
        packBlock(rows, from, group, at + block * GROUP_BLOCK, row);
      }
    }
  }

  /** In files, each half of a block has four runs of 32 columns, which share bytes. */
  private static void packBlock(
      MemorySegment rows, long from, MemorySegment group, long to, int row) {
    short scale = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + SCALE_AT);
    group.set(ValueLayout.JAVA_SHORT_UNALIGNED, to + 2L * row, scale);
    for (int part = 0; part < PARTS; part++) {
      byte partScale = rows.get(ValueLayout.JAVA_BYTE, from + PART_SCALES_AT + part);
      group.set(
          ValueLayout.JAVA_BYTE, to + SCALES + 64L * (part / 4) + 4L * row + part % 4, partScale);
      int half = part / 8;
      int run = part / 2 % 4;
      long lowerAt = from + 32L * (2 * half + run % 2) + 16L * (part % 2);
      long upperAt = from + UPPER_AT + 32L * half + 16L * (part % 2);
      long integerAt = to + INTEGERS + part * PART_INTEGERS + 4L * row;
      int upperBits = 0;
      for (int i = 0; i < 2; i++) {
        long eight = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, lowerAt + 8L * i);
        int packed = run < 2 ? Nibbles.lower(eight) : Nibbles.upper(eight);
        group.set(ValueLayout.JAVA_INT_UNALIGNED, integerAt + 64L * i, packed);
        long bits = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, upperAt + 8L * i) >>> (2 * run);
        upperBits |= (int) Long.compress(bits, 0x0303030303030303L) << (16 * i);
      }
      group.set(ValueLayout.JAVA_INT_UNALIGNED, integerAt + 128, upperBits);
    }
  }
}
