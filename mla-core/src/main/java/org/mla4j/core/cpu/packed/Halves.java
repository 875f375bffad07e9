package org.mla4j.core.cpu.packed;

/** Floats of sixteen bits. Infinities and NaN are not known here: they are not packed. */
final class Halves {
  private static final int SIGN_AND_MAGNITUDE = 0x8FFFE000;
  private static final float EXPONENT = 0x1p112f;

  private Halves() {}

  /** Leaves those that lie side by side, one for each lane. */
  static VectorCode load(VectorCode code, BlockCode.Place place, int address, long shift) {
    code.loadShorts(place.group(), address, shift, place.lane());
    return code.shift(13).and(SIGN_AND_MAGNITUDE).asFloats().mul(EXPONENT);
  }

  /** Takes ints of two each; leaves the lower ones, or the upper ones. */
  static VectorCode of(VectorCode code, boolean upper) {
    (upper ? code : code.shift(16)).shiftSigned(3).and(SIGN_AND_MAGNITUDE).asFloats();
    return code.mul(EXPONENT);
  }
}
