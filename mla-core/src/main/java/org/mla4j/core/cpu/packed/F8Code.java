package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * F8_E4M3 with scales. For each 128 columns: a float per row, the scale; then the codes as {@link
 * Integers}. NaN is not known here: it is not packed.
 */
final class F8Code extends BlockCode {
  /** Columns that share a scale. */
  static final int SCALED = 128;

  private static final int BLOCK = 16;
  private static final int BLOCKS = SCALED / BLOCK;
  private static final long SCALES = 64;
  private static final long INTEGERS = 256;
  private static final long GROUP_BLOCK = SCALES + BLOCKS * INTEGERS;

  private static final int NOT_A_NUMBER = 0x7F;
  private static final int SIGN_AND_MAGNITUDE = 0x87F00000;
  private static final float EXPONENT = 0x1p120f;

  private final Parts parts = new Parts();
  private final Integers codes = new Integers(Byte.SIZE);
  private int signAndMagnitude;
  private int exponent;

  @Override
  int columns() {
    return BLOCK;
  }

  @Override
  int multiple() {
    return BLOCKS;
  }

  @Override
  long bytes(int blocks) {
    return blocks / BLOCKS * GROUP_BLOCK;
  }

  @Override
  boolean hasScale() {
    return true;
  }

  @Override
  void prepare(VectorCode code) {
    signAndMagnitude = code.constant(SIGN_AND_MAGNITUDE);
    exponent = code.constant(EXPONENT);
  }

  @Override
  void begin(VectorCode code, Place place) {
    parts.begin(code, place, BLOCKS, GROUP_BLOCK);
    parts.address(code, SCALES, INTEGERS);
    codes.begin(code);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    codes.get(code, place, column).shift(24 - 8 * (column % 4)).shiftSigned(4);
    code.get(signAndMagnitude).and().asFloats().get(exponent).mul();
  }

  @Override
  void scale(VectorCode code, Place place) {
    code.loadFloats(place.group(), parts.blockAt(), 0, place.lane());
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    for (long i = 0; i < elements; i++) {
      if ((rows.get(ValueLayout.JAVA_BYTE, i) & NOT_A_NUMBER) == NOT_A_NUMBER) {
        return false;
      }
    }
    return true;
  }

  /** Packs the codes; {@link #packScale} the scales. */
  @Override
  void pack(MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at) {
    for (int row = 0; row < count; row++) {
      for (int column = 0; column < columns; column++) {
        long to = at + column / SCALED * GROUP_BLOCK + SCALES + 4L * row;
        byte value = rows.get(ValueLayout.JAVA_BYTE, rowsAt + (long) row * columns + column);
        group.set(ValueLayout.JAVA_BYTE, to + 64L * (column % SCALED / 4) + column % 4, value);
      }
    }
  }

  /** Sets the scale of a row for the columns from {@code scaled * 128} on. */
  static void packScale(MemorySegment group, long at, int row, int scaled, float scale) {
    group.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + scaled * GROUP_BLOCK + 4L * row, scale);
  }
}
