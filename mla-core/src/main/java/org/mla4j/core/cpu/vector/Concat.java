package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.core.cpu.simd.Lanes;

/** Puts the parts of a query or a key, which lie apart, side by side and fills the last vector. */
final class Concat {
  private Concat() {}

  /**
   * Copies one part or two.
   *
   * @param nope the part without positions
   * @param nopeAt where it starts
   * @param nopeWidth its elements
   * @param rope the rotated part
   * @param ropeAt where it starts
   * @param ropeWidth its elements; 0 for none
   * @param out takes both, then zeros up to a whole vector
   * @param outAt where they go
   */
  static void copy(
      MemorySegment nope,
      long nopeAt,
      int nopeWidth,
      MemorySegment rope,
      long ropeAt,
      int ropeWidth,
      MemorySegment out,
      long outAt) {
    int width = nopeWidth + ropeWidth;
    MemorySegment.copy(nope, nopeAt, out, outAt, 4L * nopeWidth);
    if (ropeWidth > 0) {
      MemorySegment.copy(rope, ropeAt, out, outAt + 4L * nopeWidth, 4L * ropeWidth);
    }
    for (int i = width; i < Lanes.roundUp(width); i++) {
      out.set(ValueLayout.JAVA_FLOAT_UNALIGNED, outAt + 4L * i, 0);
    }
  }
}
