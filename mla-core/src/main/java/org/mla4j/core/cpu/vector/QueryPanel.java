package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.Lanes.COUNT;
import static org.mla4j.core.cpu.vector.Lanes.FLOATS;
import static org.mla4j.core.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Puts queries, times the scale of scores, side by side into panels for {@link LaneTile}. */
final class QueryPanel {
  private final Operand nope;
  private final Operand rope;
  private final int nopeWidth;
  private final int ropeWidth;
  private final float scale;

  /**
   * Takes the parts of queries.
   *
   * @param nope their parts without positions
   * @param nopeWidth elements of such a part
   * @param rope their rotated parts; anything if there are none
   * @param ropeWidth elements of such a part; 0 for none
   * @param scale what queries are multiplied by
   */
  QueryPanel(Operand nope, int nopeWidth, Operand rope, int ropeWidth, double scale) {
    this.nope = nope;
    this.rope = rope;
    this.nopeWidth = nopeWidth;
    this.ropeWidth = ropeWidth;
    this.scale = (float) scale;
  }

  /** Bytes that {@link #put} needs for a query on its way. */
  long queryBytes() {
    return 4L * Lanes.roundUp(nopeWidth + ropeWidth);
  }

  /**
   * Copies a query.
   *
   * @param row which row
   * @param head which head
   * @param column which column of the panel it becomes
   * @param memory takes it
   * @param queryAt where in it there are {@link #queryBytes}
   * @param panelAt where in it the panel starts
   */
  void put(int row, int head, int column, MemorySegment memory, long queryAt, long panelAt) {
    Concat.copy(
        nope.segment(),
        nope.at(row) + nope.headShift(head),
        nopeWidth,
        rope.segment(),
        rope.at(row) + rope.headShift(head),
        ropeWidth,
        memory,
        queryAt);
    // Two elements at once lie side by side in the panel too.
    long at = panelAt + LaneTile.at(column, 0);
    int pairs = LaneTile.pairs(nopeWidth + ropeWidth);
    for (int i = 0; i < pairs; i++) {
      long pair = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, queryAt + 8L * i);
      memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at + 2 * BYTES * i, pair);
    }
  }

  /** Multiplies a panel, all of whose columns are set, by the scale. */
  void scale(MemorySegment memory, long panelAt) {
    int elements = 2 * COUNT * LaneTile.pairs(nopeWidth + ropeWidth);
    for (int i = 0; i < elements; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, memory, panelAt + 4L * i, ORDER)
          .mul(scale)
          .intoMemorySegment(memory, panelAt + 4L * i, ORDER);
    }
  }
}
