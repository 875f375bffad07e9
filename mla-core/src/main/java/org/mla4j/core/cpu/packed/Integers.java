package org.mla4j.core.cpu.packed;

/**
 * Integers of a few bits: for each row an int of as many columns as it holds, the first one in its
 * lowest bits; the ints of all rows side by side.
 */
final class Integers {
  private final int bits;
  private int firstAt;
  private int ints;

  /** Integers of so many bits, a divisor of 32. */
  Integers(int bits) {
    this.bits = bits;
  }

  /** Columns in an int. */
  int perInt() {
    return Integer.SIZE / bits;
  }

  /** Bytes of so many columns, whole ints, of all rows. */
  long bytes(int columns) {
    return (long) PackedMatrix.GROUP * bits * columns / Byte.SIZE;
  }

  /** Takes where the first column is. */
  void begin(VectorCode code) {
    firstAt = code.newLong();
    ints = code.newVector();
    code.plain().lstore(firstAt);
  }

  /** Leaves the ints that a column is in; columns come in ascending order. */
  VectorCode get(VectorCode code, BlockCode.Place place, int column) {
    if (column % perInt() == 0) {
      code.loadInts(place.group(), firstAt, bytes(column), place.lane()).set(ints);
    }
    return code.get(ints);
  }

  /** Writes what makes the first column the one after so many. */
  void skip(VectorCode code, int columns) {
    code.plain().lload(firstAt).loadConstant(bytes(columns)).ladd().lstore(firstAt);
  }
}
