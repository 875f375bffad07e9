package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q6_K, 16 parts. For each row the scale of scales; for each four parts an int of scales per row;
 * then for each part the lower four bits as {@link Integers}, then the upper two bits.
 */
final class Q6KCode extends PartedCode {
  private static final int PARTS = 16;
  private static final int BLOCK_BYTES = 210;
  private static final int UPPER_AT = 128;
  private static final int PART_SCALES_AT = 192;
  private static final int SCALE_AT = 208;

  private static final long INTEGERS = SCALES + 256;
  private static final long UPPER_INTEGERS = INTEGERS + 128;
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

  private final Integers lower = new Integers(4);
  private final Integers upper = new Integers(2);
  private int lowerBits;
  private int upperBits;
  private int one;

  Q6KCode() {
    super(PARTS, BLOCK_BYTES, GROUP_BLOCK, STEPS);
  }

  @Override
  float excess() {
    return EXCESS;
  }

  @Override
  void prepare(VectorCode code) {
    super.prepare(code);
    lowerBits = code.constant(LOWER);
    upperBits = code.constant(UPPER);
    one = code.constant(ONE);
  }

  @Override
  void begin(VectorCode code, Place place) {
    super.begin(code, place);
    parts().address(code, INTEGERS, PART_INTEGERS);
    lower.begin(code);
    parts().address(code, UPPER_INTEGERS, PART_INTEGERS);
    upper.begin(code);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    lower.get(code, place, column).shift(LOWER_SHIFT - 4 * (column % 8)).get(lowerBits).and();
    upper.get(code, place, column).shift(UPPER_SHIFT - 2 * column).get(upperBits).and();
    code.or().get(one).or().asFloats();
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return areFinite(rows, SCALE_AT, elements);
  }

  /** In files, each half of a block has four runs of 32 columns, which share bytes. */
  @Override
  void packBlock(MemorySegment rows, long from, MemorySegment group, long to, int row) {
    packFloat(rows, from + SCALE_AT, group, to, row);
    for (int part = 0; part < PARTS; part++) {
      byte partScale = rows.get(ValueLayout.JAVA_BYTE, from + PART_SCALES_AT + part);
      group.set(ValueLayout.JAVA_BYTE, to + SCALES + Parts.byteAt(part, row), partScale);
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
