package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Q8_0. */
final class Q8Code extends PairedCode {
  Q8Code() {
    super(Byte.SIZE);
  }

  @Override
  void raw(VectorCode code, int index) {
    code.shift(24 - 8 * index).shiftSigned(24).toFloats();
  }

  @Override
  int packed(MemorySegment rows, long at, int index) {
    return rows.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4L * index);
  }
}
