package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q4_0. For each two blocks: the scales of both, for each row one; then for each eight columns an
 * int per row, the first column in its lowest bits.
 */
final class Q4Code extends BlockCode {
  private static final int BLOCK = 32;
  private static final int BLOCK_BYTES = 18;
  private static final long SCALES = 32;
  private static final long INTEGERS = 256;
  private static final long PAIR = 2 * (SCALES + INTEGERS);

  private int scalesAt;
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
    return 2;
  }

  @Override
  long bytes(int blocks) {
    return blocks / 2 * PAIR;
  }

  @Override
  float excess() {
    return Nibbles.excess(8);
  }

  @Override
  boolean hasScale() {
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
    scalesAt = code.newLong();
    integersAt = code.newLong();
    integers = code.newVector();
    Pairs.begin(code, place, PAIR, SCALES, INTEGERS, scalesAt, integersAt);
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
    halves.load(code, place, scalesAt, 0).get(steps).mul();
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return Halves.areFinite(rows, 0, BLOCK_BYTES, elements / BLOCK);
  }

  @Override
  void pack(MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at) {
    int blocks = columns / BLOCK;
    for (int row = 0; row < count; row++) {
      for (int block = 0; block < blocks; block++) {
        long from = rowsAt + ((long) row * blocks + block) * BLOCK_BYTES;
        long pair = at + block / 2 * PAIR;
        long scaleAt = pair + block % 2 * SCALES + 2L * row;
        short scale = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from);
        group.set(ValueLayout.JAVA_SHORT_UNALIGNED, scaleAt, scale);
        long to = pair + 2 * SCALES + block % 2 * INTEGERS + 4L * row;
        // A byte has an integer of the first half of a block and one of the second half.
        long first = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, from + 2);
        long second = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, from + 10);
        group.set(ValueLayout.JAVA_INT_UNALIGNED, to, Nibbles.lower(first));
        group.set(ValueLayout.JAVA_INT_UNALIGNED, to + 64, Nibbles.lower(second));
        group.set(ValueLayout.JAVA_INT_UNALIGNED, to + 128, Nibbles.upper(first));
        group.set(ValueLayout.JAVA_INT_UNALIGNED, to + 192, Nibbles.upper(second));
      }
    }
  }
}
