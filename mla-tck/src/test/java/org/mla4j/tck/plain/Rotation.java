package org.mla4j.tck.plain;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;

/** Turns the pairs of a rotary part by the angle of a position. */
final class Rotation {
  private final FloatWeight table;
  private final int half;
  private final boolean interleaved;
  private final float sign;
  private final boolean wraps;

  Rotation(FloatWeight table, RopeStyle style, PlainContext context) {
    this.table = table;
    this.half = table.columns() / 2;
    this.interleaved =
        (style == RopeStyle.INTERLEAVED) != context.wrong(Mistake.ROPE_PAIRS_SWAPPED);
    this.sign = context.wrong(Mistake.SINE_SIGN) ? -1 : 1;
    this.wraps = context.wrong(Mistake.ROPE_TABLE_WRAPS);
  }

  /** Refuses a step with a position beyond the table, before anything is turned. */
  void require(StepDescription step, Rows rows) {
    int first = step.firstToken(rows);
    for (int row = 0; row < step.count(rows) && !wraps; row++) {
      int position = step.position(first + row);
      if (position >= table.rows()) {
        throw new InvalidInputException(
            ErrorCode.INVALID_STEP,
            "Position "
                + position
                + " is beyond the rope table of "
                + table.rows()
                + " positions.");
      }
    }
  }

  /** Turns every R elements of a row in place. */
  void turn(RowView values, long row, int position) {
    int angle = wraps ? position % table.rows() : position;
    for (int start = 0; start < values.width(); start += 2 * half) {
      for (int i = 0; i < half; i++) {
        int first = start + (interleaved ? 2 * i : i);
        int second = start + (interleaved ? 2 * i + 1 : i + half);
        float cos = table.get(angle, i);
        float sin = sign * table.get(angle, half + i);
        float x = values.get(row, first);
        float y = values.get(row, second);
        values.set(row, first, x * cos - y * sin);
        values.set(row, second, y * cos + x * sin);
      }
    }
  }
}
