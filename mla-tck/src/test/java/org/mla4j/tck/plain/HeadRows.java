package org.mla4j.tck.plain;

/** Where the rows of a head lie in the joint up-projection {@code [N (P + V), L]}. */
final class HeadRows {
  private final int heads;
  private final int nope;
  private final int height;
  private final boolean neighbour;
  private final boolean masked;

  HeadRows(int heads, int nope, int value, PlainContext context) {
    this.heads = heads;
    this.nope = nope;
    this.height = nope + value;
    this.neighbour = context.wrong(Mistake.NEIGHBOUR_HEAD);
    this.masked = context.wrong(Mistake.HEADS_POWER_OF_TWO);
  }

  /** The first row of the head's key projection. */
  int key(int head) {
    return own(neighbour ? (head + 1) % heads : head) * height;
  }

  /** The first row of the head's value projection. */
  int value(int head) {
    return own(head) * height + nope;
  }

  private int own(int head) {
    return masked ? head % Integer.highestOneBit(heads) : head;
  }
}
