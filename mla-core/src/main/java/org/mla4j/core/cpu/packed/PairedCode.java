package org.mla4j.core.cpu.packed;

import java.lang.classfile.CodeBuilder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 32 columns with a scale before the integers. For each two blocks: the scales of both,
 * for each row one; then the {@link Integers} of both.
 */
abstract class PairedCode extends BlockCode {
  private static final int BLOCK = 32;
  private static final long SCALES = 32;

  private final Integers integers;
  private final long blockIntegers;
  private final long pair;
  private final int blockBytes;
  private int scalesAt;

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Halves halves;

  /** Blocks of integers of so many bits. */
  PairedCode(int bits) {
    integers = new Integers(bits);
    blockIntegers = integers.bytes(BLOCK);
    pair = 2 * (SCALES + blockIntegers);
    blockBytes = Short.BYTES + BLOCK * bits / Byte.SIZE;
  }

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
    return blocks / 2 * pair;
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
    CodeBuilder plain = code.plain();
    int odd = code.newInt();
    plain.iload(place.block()).iconst_1().iand().istore(odd);
    plain.iload(place.block()).iconst_1().ishr().i2l().loadConstant(pair).lmul();
    plain.lload(place.at()).ladd().dup2();
    plain.iload(odd).i2l().loadConstant(SCALES).lmul().ladd().lstore(scalesAt);
    plain.iload(odd).i2l().loadConstant(blockIntegers).lmul().ladd();
    plain.loadConstant(2 * SCALES).ladd();
    integers.begin(code);
  }

  @Override
  void raw(VectorCode code, Place place, int column) {
    raw(integers.get(code, place, column), column % integers.perInt());
  }

  /** Takes ints; leaves the raw weights of one of the columns in them. */
  abstract void raw(VectorCode code, int index);

  @Override
  void skip(VectorCode code, int columns) {
    integers.skip(code, columns);
  }

  @Override
  void scale(VectorCode code, Place place) {
    halves.load(code, place, scalesAt, 0);
  }

  @Override
  boolean knows(MemorySegment rows, long elements) {
    return Halves.areFinite(rows, 0, blockBytes, elements / BLOCK);
  }

  @Override
  void pack(MemorySegment rows, long rowsAt, int count, int columns, MemorySegment group, long at) {
    int blocks = columns / BLOCK;
    for (int row = 0; row < count; row++) {
      for (int block = 0; block < blocks; block++) {
        long from = rowsAt + ((long) row * blocks + block) * blockBytes;
        long pairAt = at + block / 2 * pair;
        long scaleAt = pairAt + block % 2 * SCALES + 2L * row;
        short scale = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, from);
        group.set(ValueLayout.JAVA_SHORT_UNALIGNED, scaleAt, scale);
        long to = pairAt + 2 * SCALES + block % 2 * blockIntegers + 4L * row;
        for (int i = 0; i < BLOCK / integers.perInt(); i++) {
          int packed = packed(rows, from + Short.BYTES, i);
          group.set(ValueLayout.JAVA_INT_UNALIGNED, to + 64L * i, packed);
        }
      }
    }
  }

  /** Returns one of a block's ints, whose integers a file has at an address. */
  abstract int packed(MemorySegment rows, long at, int index);
}
