package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Q4_0. */
final class Q4Code extends PairedCode {
  private int steps;

  @SuppressWarnings("NullAway.Init") // set by prepare
  private Nibbles nibbles;

  Q4Code() {
    super(Nibbles.BITS);
  }

  @Override
  float excess() {
    return Nibbles.excess(8);
  }

  @Override
  void prepare(VectorCode code) {
    super.prepare(code);
    nibbles = new Nibbles(code);
    steps = code.constant(Nibbles.STEPS);
  }

  @Override
  void raw(VectorCode code, int index) {
    nibbles.raw(code, index);
  }

  @Override
  void scale(VectorCode code, Place place) {
    super.scale(code, place);
    code.get(steps).mul();
  }

  /** A byte has an integer of the first half of a block and one of the second half. */
  @Override
  int packed(MemorySegment rows, long at, int index) {
    long eight = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, at + 8L * (index % 2));
    return index < 2 ? Nibbles.lower(eight) : Nibbles.upper(eight);
  }
}
