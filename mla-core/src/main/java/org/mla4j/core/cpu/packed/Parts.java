package org.mla4j.core.cpu.packed;

import java.lang.classfile.CodeBuilder;

/** Where the parts of large blocks are, whose scales are bytes: four parts in an int per row. */
final class Parts {
  private int blockAt;
  private int part;

  /** Writes the address of the block that a part belongs to, and the part's number in it. */
  void begin(VectorCode code, BlockCode.Place place, int parts, long blockBytes) {
    CodeBuilder plain = code.plain();
    blockAt = code.newLong();
    part = code.newInt();
    plain.iload(place.block()).loadConstant(parts - 1).iand().istore(part);
    plain.iload(place.block()).loadConstant(Integer.numberOfTrailingZeros(parts)).ishr().i2l();
    plain.loadConstant(blockBytes).lmul().lload(place.at()).ladd().lstore(blockAt);
  }

  int blockAt() {
    return blockAt;
  }

  /** Leaves where something of the part is. */
  CodeBuilder address(VectorCode code, long shift, long bytesPerPart) {
    CodeBuilder plain = code.plain();
    plain.iload(part).i2l().loadConstant(bytesPerPart).lmul();
    return plain.lload(blockAt).ladd().loadConstant(shift).ladd();
  }

  /** Where a part's byte of a row is among those of all parts and rows. */
  static long byteAt(int part, int row) {
    return 64L * (part / 4) + 4L * row + part % 4;
  }

  /** Leaves the part's byte of each row, with its sign, as floats. */
  void loadByte(VectorCode code, BlockCode.Place place, long shift) {
    CodeBuilder plain = code.plain();
    int fourAt = code.newLong();
    int up = code.newInt();
    plain.iload(part).iconst_2().ishr().i2l().loadConstant(64L).lmul();
    plain.lload(blockAt).ladd().lstore(fourAt);
    plain.iconst_3().iload(part).iconst_3().iand().isub().iconst_3().ishl().istore(up);
    code.loadInts(place.group(), fourAt, shift, place.lane());
    code.shiftLeftBy(up).shiftSigned(24).toFloats();
  }
}
