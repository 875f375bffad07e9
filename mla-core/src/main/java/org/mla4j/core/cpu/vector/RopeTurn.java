package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.Tensor;

/** Turns the last elements of a query or key by the angle of its position. */
final class RopeTurn {
  private final MemorySegment table;
  private final long start;
  private final boolean isInterleaved;
  private final int width;
  private final int rope;

  /**
   * Takes a table.
   *
   * @param table F32 {@code [positions, rope]}: cos, then sin
   * @param style which elements pair
   * @param width elements of a query
   * @param rope how many of them, the last ones, are turned
   */
  RopeTurn(Tensor table, RopeStyle style, int width, int rope) {
    this.table = table.segment();
    start = table.byteOffset();
    isInterleaved = style == RopeStyle.INTERLEAVED;
    this.width = width;
    this.rope = rope;
  }

  /**
   * Turns in place.
   *
   * @param position the position
   * @param memory the query or key
   * @param at where it starts
   */
  void apply(int position, MemorySegment memory, long at) {
    int pairs = rope / 2;
    long cosAt = start + 4L * rope * position;
    long sinAt = cosAt + 4L * pairs;
    long ropeAt = at + 4L * (width - rope);
    for (int pair = 0; pair < pairs; pair++) {
      double cos = table.get(ValueLayout.JAVA_FLOAT_UNALIGNED, cosAt + 4L * pair);
      double sin = table.get(ValueLayout.JAVA_FLOAT_UNALIGNED, sinAt + 4L * pair);
      long firstAt = ropeAt + 4L * (isInterleaved ? 2 * pair : pair);
      long secondAt = firstAt + 4L * (isInterleaved ? 1 : pairs);
      double x = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, firstAt);
      double y = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, secondAt);
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, firstAt, (float) (x * cos - y * sin));
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, secondAt, (float) (y * cos + x * sin));
    }
  }
}
