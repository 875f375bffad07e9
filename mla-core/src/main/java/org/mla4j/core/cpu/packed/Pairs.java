package org.mla4j.core.cpu.packed;

/** Two blocks that lie together: the scales of both, then the integers of both. */
final class Pairs {
  private Pairs() {}

  /** Writes the addresses of a block's scales and integers. */
  static void begin(
      VectorCode code,
      BlockCode.Place place,
      long pair,
      long scales,
      long integers,
      int scalesAt,
      int integersAt) {
    var plain = code.plain();
    int odd = code.newInt();
    plain.iload(place.block()).iconst_1().iand().istore(odd);
    plain.iload(place.block()).iconst_1().ishr().i2l().loadConstant(pair).lmul();
    plain.lload(place.at()).ladd().dup2();
    plain.iload(odd).i2l().loadConstant(scales).lmul().ladd().lstore(scalesAt);
    plain.iload(odd).i2l().loadConstant(integers).lmul().ladd();
    plain.loadConstant(2 * scales).ladd().lstore(integersAt);
  }
}
