package org.mla4j.core.cpu.vector;

import org.mla4j.api.step.StepDescription;

/**
 * Splits decode attention into units: one span of keys for a group of neighbouring tokens of one
 * sequence. A step that has more units than there is memory for their results runs in waves; only
 * the last group of a wave can have more spans, which come first in the next.
 *
 * <p>Threading: filled by one thread, then only read.
 */
final class SpanSchedule {
  private final int span;
  private final int capacity;
  private final int rowsPerGroup;
  private final int[] groupOfUnit;
  private final int[] firstRows;
  private final int[] rows;
  private final int[] firstSpans;
  private final int[] firstUnits;
  private final int[] units;
  private final boolean[] complete;

  private int unitCount;
  private int groupCount;
  private int nextRow;
  private int nextSpan;

  /**
   * Allocates.
   *
   * @param span keys in a span
   * @param capacity units in a wave
   * @param rowsPerGroup most tokens in a group
   */
  SpanSchedule(int span, int capacity, int rowsPerGroup) {
    this.span = span;
    this.capacity = capacity;
    this.rowsPerGroup = rowsPerGroup;
    groupOfUnit = new int[capacity];
    firstRows = new int[capacity];
    rows = new int[capacity];
    firstSpans = new int[capacity];
    firstUnits = new int[capacity];
    units = new int[capacity];
    complete = new boolean[capacity];
  }

  /** Starts with the first token. */
  void begin() {
    nextRow = 0;
    nextSpan = 0;
  }

  /**
   * Fills the next wave.
   *
   * @param step the step
   * @param firstToken the token of row 0
   * @param count how many rows there are
   * @return whether there was anything left
   */
  boolean next(StepDescription step, int firstToken, int count) {
    unitCount = 0;
    groupCount = 0;
    while (unitCount < capacity && nextRow < count) {
      int token = firstToken + nextRow;
      int ofSequence = step.queryStart(step.sequenceOf(token) + 1) - token;
      int groupRows = Math.min(rowsPerGroup, Math.min(ofSequence, count - nextRow));
      int spans = step.position(token + groupRows - 1) / span + 1;
      add(groupRows, Math.min(spans - nextSpan, capacity - unitCount), spans);
    }
    return groupCount > 0;
  }

  private void add(int groupRows, int groupUnits, int spans) {
    int group = groupCount++;
    firstRows[group] = nextRow;
    rows[group] = groupRows;
    firstSpans[group] = nextSpan;
    firstUnits[group] = unitCount;
    units[group] = groupUnits;
    complete[group] = nextSpan + groupUnits == spans;
    for (int i = 0; i < groupUnits; i++) {
      groupOfUnit[unitCount++] = group;
    }
    nextSpan = complete[group] ? 0 : nextSpan + groupUnits;
    nextRow += complete[group] ? groupRows : 0;
  }

  /** Units in this wave. */
  int units() {
    return unitCount;
  }

  /** Groups in this wave. */
  int groups() {
    return groupCount;
  }

  int groupOf(int unit) {
    return groupOfUnit[unit];
  }

  /** The span of a unit. */
  int span(int unit) {
    int group = groupOfUnit[unit];
    return firstSpans[group] + unit - firstUnits[group];
  }

  /** First row of a group. */
  int firstRow(int group) {
    return firstRows[group];
  }

  /** How many rows a group has. */
  int rows(int group) {
    return rows[group];
  }

  /** First span of a group in this wave; above 0 if earlier spans were in waves before. */
  int firstSpan(int group) {
    return firstSpans[group];
  }

  /** First unit of a group in this wave. */
  int firstUnit(int group) {
    return firstUnits[group];
  }

  /** Units of a group in this wave. */
  int units(int group) {
    return units[group];
  }

  /** Whether a group's last span is in this wave. */
  boolean isComplete(int group) {
    return complete[group];
  }
}
