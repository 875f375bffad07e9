package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q8_0. For each two blocks: the scales of both, for each row one; then for each four columns an
 * int per row, the first column in its lowest byte.
 */
final class Q8Code extends BlockCode {
  private static final int BLOCK = 32;
  private static final int BLOCK_BYTES = 34;
  private static final long SCALES = 32;
  private static final long INTEGERS = 512;
  private static final long PAIR = 2 * (SCALES + INTEGERS);

  private int scalesAt;
  private int integersAt;
  private int integers;

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
  boolean hasScale() {
    return true;
  }

  @Override
  void prepare(VectorCode code) {
    halves = new Halves(code);
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
    if (column % 4 == 0) {
      code.loadInts(place.group(), integersAt, 16L * column, place.lane()).set(integers);
    }
    code.get(integers).shift(24 - 8 * (column % 4)).shiftSigned(24).toFloats();
  }

  @Override
  void skip(VectorCode code, int columns) {
    code.plain().lload(integersAt).loadConstant(16L * columns).ladd().lstore(integersAt);
  }

  @Override
  void scale(VectorCode code, Place place) {
    halves.load(code, place, scalesAt, 0);
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
        for (int i = 0; i < BLOCK / 4; i++) {
          int four = rows.get(ValueLayout.JAVA_INT_UNALIGNED, from + 2 + 4L * i);
          group.set(ValueLayout.JAVA_INT_UNALIGNED, to + 64L * i, four);
        }
      }
    }
  }
}
