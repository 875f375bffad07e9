package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q4_K. For each 256 columns: for each row the scale of scales and that of least values; then for
 * each four parts of 32 columns an int of scales per row, then one of least values; then the
 * integers as in Q4_0.
 */
final class Q4KCode extends BlockCode {
  private static final int BLOCK = 32;
  private static final int PARTS = 8;
  private static final int BLOCK_BYTES = 144;
  private static final int PART_SCALES_AT = 4;
  private static final int INTEGERS_AT = 16;

  private static final long LEAST_SCALE = 32;
  private static final long SCALES = 64;
  private static final long LEASTS = SCALES + 128;
  private static final long INTEGERS = LEASTS + 128;
  private static final long PART_INTEGERS = 256;
  private static final long GROUP_BLOCK = INTEGERS + PARTS * PART_INTEGERS;

  private final Parts parts = new Parts();
  private int integersAt;
  private int integers;
  private int steps;

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Nibbles nibbles;

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
    return Nibbles.excess(0);
  }

  @Override
  boolean hasScale() {
    return true;
  }

  @Override
  boolean hasLeast() {
    return true;
  }

  @Override
  void prepare(VectorCode code) {
    nibbles = new Nibbles(code);
    halves = new Halves(code);
    steps = code.constant(Nibbles.STEPS);
  }

  @Override
  void begin(VectorCode code, Place place) {
    parts.begin(code, place, PARTS, GROUP_BLOCK);
    integersAt = code.newLong();
    integers = code.newVector();
    parts.address(code, INTEGERS, PART_INTEGERS).lstore(integersAt);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    if (column % 8 == 0) {
      code.loadInts(place.group(), integersAt, 8L * column, place.lane()).set(integers);
    }
    nibbles.raw(code.get(integers), column % 8);
  }

  @Override
  void skip(VectorCode code, int columns) {
    code.plain().lload(integersAt).loadConstant(8L * columns).ladd().lstore(integersAt);
  }

  @Override
  void scale(VectorCode code, Place place) {
    halves.load(code, place, parts.blockAt(), 0).get(steps).mul();
    parts.loadByte(code, place, SCALES);
    code.mul();
  }

  @Override
  void least(VectorCode code, Place place) {
    halves.load(code, place, parts.blockAt(), LEAST_SCALE);
    parts.loadByte(code, place, LEASTS);
    code.mul();
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return Halves.areFinite(rows, 0, BLOCK_BYTES, elements / (PARTS * BLOCK))
        && Halves.areFinite(rows, 2, BLOCK_BYTES, elements / (PARTS * BLOCK));
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

  private static void packBlock(
      MemorySegment rows, long from, MemorySegment group, long to, int row) {
    short scale = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from);
    short leastScale = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + 2);
    group.set(ValueLayout.JAVA_SHORT_UNALIGNED, to + 2L * row, scale);
    group.set(ValueLayout.JAVA_SHORT_UNALIGNED, to + LEAST_SCALE + 2L * row, leastScale);
    for (int part = 0; part < PARTS; part++) {
      long partAt = 64L * (part / 4) + 4L * row + part % 4;
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
