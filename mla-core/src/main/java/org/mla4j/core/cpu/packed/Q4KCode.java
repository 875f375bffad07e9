package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q4_K, 8 parts. For each row the scale of scales and that of least values; then for each four
 * parts an int of scales per row, then one of least values; then the {@link Integers}.
 */
final class Q4KCode extends PartedCode {
  private static final int PARTS = 8;
  private static final int BLOCK_BYTES = 144;
  private static final int PART_SCALES_AT = 4;
  private static final int INTEGERS_AT = 16;

  private static final long LEAST_SCALE = 32;
  private static final long LEASTS = SCALES + 128;
  private static final long INTEGERS = LEASTS + 128;
  private static final long PART_INTEGERS = 256;
  private static final long GROUP_BLOCK = INTEGERS + PARTS * PART_INTEGERS;

  private final Integers integers = new Integers(Nibbles.BITS);

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Nibbles nibbles;

  Q4KCode() {
    super(PARTS, BLOCK_BYTES, GROUP_BLOCK, Nibbles.STEPS);
  }

  @Override
  float excess() {
    return Nibbles.excess(0);
  }

  @Override
  boolean hasLeast() {
    return true;
  }

  @Override
  void prepare(VectorCode code) {
    super.prepare(code);
    nibbles = new Nibbles(code);
  }

  @Override
  void begin(VectorCode code, Place place) {
    super.begin(code, place);
    parts().address(code, INTEGERS, PART_INTEGERS);
    integers.begin(code);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    nibbles.raw(integers.get(code, place, column), column % integers.perInt());
  }

  @Override
  void skip(VectorCode code, int columns) {
    integers.skip(code, columns);
  }

  @Override
  void least(VectorCode code, Place place) {
    load(code, place, LEAST_SCALE, LEASTS);
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return areFinite(rows, 0, elements) && areFinite(rows, 2, elements);
  }

  @Override
  void packBlock(MemorySegment rows, long from, MemorySegment group, long to, int row) {
    packFloat(rows, from, group, to, row);
    packFloat(rows, from + 2, group, to + LEAST_SCALE, row);
    for (int part = 0; part < PARTS; part++) {
      long partAt = Parts.byteAt(part, row);
      long partScales = from + PART_SCALES_AT;
      group.set(ValueLayout.JAVA_BYTE, to + SCALES + partAt, partScale(rows, partScales, part));
      group.set(ValueLayout.JAVA_BYTE, to + LEASTS + partAt, partLeast(rows, partScales, part));
      // A byte has an integer of an even part and one of the odd part after it.
      long bytes = from + INTEGERS_AT + 32L * (part / 2);
      for (int i = 0; i < 4; i++) {
        long eight = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, bytes + 8L * i);
        int packed = part % 2 == 0 ? Nibbles.lower(eight) : Nibbles.upper(eight);
        long integerAt = to + INTEGERS + part * PART_INTEGERS + 64L * i + 4L * row;
        group.set(ValueLayout.JAVA_INT_UNALIGNED, integerAt, packed);
      }
    }
  }

  /** Six bits: of the first four parts in one byte, of the others in two. */
  private static byte partScale(MemorySegment rows, long at, int part) {
    if (part < 4) {
      return (byte) (rows.get(ValueLayout.JAVA_BYTE, at + part) & 63);
    }
    int upper = rows.get(ValueLayout.JAVA_BYTE, at + part - 4) & 0xC0;
    return (byte) ((rows.get(ValueLayout.JAVA_BYTE, at + part + 4) & 15) | (upper >> 2));
  }

  private static byte partLeast(MemorySegment rows, long at, int part) {
    if (part < 4) {
      return (byte) (rows.get(ValueLayout.JAVA_BYTE, at + part + 4) & 63);
    }
    int upper = rows.get(ValueLayout.JAVA_BYTE, at + part) & 0xC0;
    return (byte) (((rows.get(ValueLayout.JAVA_BYTE, at + part + 4) & 0xF0) >> 4) | (upper >> 2));
  }
}
