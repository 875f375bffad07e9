package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Puts queries side by side into a panel for {@link LaneTile}. */
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

  /**
   * Copies a query.
   *
   * @param row which row
   * @param head which head
   * @param lane which column of the panel it becomes
   * @param panel takes it
   * @param panelAt where the panel starts
   */
  void put(int row, int head, int lane, MemorySegment panel, long panelAt) {
    spread(nope, row, head, nopeWidth, lane, 0, panel, panelAt);
    spread(rope, row, head, ropeWidth, lane, nopeWidth, panel, panelAt);
    int width = nopeWidth + ropeWidth;
    if (width % 2 != 0) {
      panel.set(ValueLayout.JAVA_FLOAT_UNALIGNED, panelAt + LaneTile.at(lane, width), 0);
    }
  }

  private void spread(
      Operand part,
      int row,
      int head,
      int width,
      int lane,
      int first,
      MemorySegment panel,
      long panelAt) {
    MemorySegment from = part.segment();
    long at = part.at(row) + part.headShift(head);
    for (int i = 0; i < width; i++) {
      float value = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i) * scale;
      panel.set(ValueLayout.JAVA_FLOAT_UNALIGNED, panelAt + LaneTile.at(lane, first + i), value);
    }
  }
}
