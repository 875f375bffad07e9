package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Floats of sixteen bits. Infinities and NaN are not known here: they are not packed. */
final class Halves {
  private static final int SIGN_AND_MAGNITUDE = 0x8FFFE000;
  private static final float EXPONENT = 0x1p112f;

  /** All bits of the exponent. */
  private static final int INFINITY = 0x7C00;

  private final int signAndMagnitude;
  private final int exponent;

  /** Writes what comes before all blocks. */
  Halves(VectorCode code) {
    signAndMagnitude = code.constant(SIGN_AND_MAGNITUDE);
    exponent = code.constant(EXPONENT);
  }

  /** Leaves those that lie side by side, one for each lane. */
  VectorCode load(VectorCode code, BlockCode.Place place, int address, long shift) {
    code.loadShorts(place.group(), address, shift, place.lane()).shift(13);
    return code.get(signAndMagnitude).and().asFloats().get(exponent).mul();
  }

  /** Takes ints of two each; leaves the lower ones, or the upper ones. */
  VectorCode of(VectorCode code, boolean upper) {
    (upper ? code : code.shift(16)).shiftSigned(3).get(signAndMagnitude).and().asFloats();
    return code.get(exponent).mul();
  }

  /** Whether sixteen bits each, so many bytes apart, are all finite. */
  static boolean areFinite(MemorySegment rows, long at, int step, long count) {
    for (long i = 0; i < count; i++) {
      short bits = rows.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + i * step);
      if ((bits & INFINITY) == INFINITY) {
        return false;
      }
    }
    return true;
  }
}
