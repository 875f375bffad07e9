package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/** Puts queries, times the scale of scores, side by side into panels for {@link LaneTile}. */
final class QueryPanel {
  private final Operand nope;
  private final Operand rope;
  private final int nopeWidth;
  private final int ropeWidth;
  private final @Nullable RopeTurn turn;
  private final float scale;

  /**
   * Takes the parts of queries.
   *
   * @param nope their parts without positions
   * @param nopeWidth elements of such a part
   * @param rope their rotated parts; anything if there are none
   * @param ropeWidth elements of such a part; 0 for none
   * @param turn what rotates queries; null if they are rotated
   * @param scale what queries are multiplied by
   */
  QueryPanel(
      Operand nope,
      int nopeWidth,
      Operand rope,
      int ropeWidth,
      @Nullable RopeTurn turn,
      double scale) {
    this.nope = nope;
    this.rope = rope;
    this.nopeWidth = nopeWidth;
    this.ropeWidth = ropeWidth;
    this.turn = turn;
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
   * @param position of its token
   * @param column which column of the panel it becomes
   * @param memory takes it
   * @param queryAt where in it there are {@link #queryBytes}
   * @param panelAt where in it the panel starts
   */
  void put(
      int row,
      int head,
      int position,
      int column,
      MemorySegment memory,
      long queryAt,
      long panelAt) {
    Concat.copy(
        nope.segment(),
        nope.at(row) + nope.headShift(head),
        nopeWidth,
        rope.segment(),
        rope.at(row) + rope.headShift(head),
        ropeWidth,
        memory,
        queryAt);
    if (turn != null) {
      turn.apply(position, memory, queryAt);
    }
    LaneTile.put(memory, queryAt, nopeWidth + ropeWidth, panelAt, column);
  }

  /** Multiplies a panel, all of whose columns are set, by the scale. */
  void scale(MemorySegment memory, long panelAt) {
    memory = NativeMemory.of(memory);
    int elements = 2 * COUNT * LaneTile.pairs(nopeWidth + ropeWidth);
    for (int i = 0; i < elements; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, memory, panelAt + 4L * i, ORDER)
          .mul(scale)
          .intoMemorySegment(memory, panelAt + 4L * i, ORDER);
    }
  }
}
