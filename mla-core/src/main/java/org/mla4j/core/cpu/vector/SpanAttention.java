package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.simd.Lanes.COUNT;
import static org.mla4j.core.cpu.simd.Lanes.FLOATS;
import static org.mla4j.core.cpu.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.mla4j.core.cpu.simd.Lanes;
import org.mla4j.core.cpu.simd.NativeMemory;

/**
 * Attention of a few queries, one in each lane of a vector, over one span of keys: scores, soft-max
 * within the span, weighted sum of values.
 *
 * <p>Spans start at multiples of {@link #span} of the position in the sequence and are summed from
 * the first key to the last: what a query gets depends neither on how the work is split, nor on the
 * queries beside it, nor on the size of cache blocks or vectors.
 *
 * <p>Threading: one instance for each worker.
 */
final class SpanAttention {
  /** What a span's keys and values take at most: they are to stay in a second-level cache. */
  private static final long SPAN_BYTES = 288 * 1024;

  /** Whole tiles, and whole groups of three scores. */
  private static final int SPAN_STEP = 48;

  private static final int LONGEST_SPAN = 192;

  /** Queries attended at once. */
  static final int QUERIES = COUNT;

  private static final long LINE = 64;

  private final int keyWidth;
  private final int valueWidth;

  // In the worker's memory: scores, which become weights, as [keys][queries]; one vector of largest
  // scores or of sums.
  private final long scoresAt;
  private final long foldAt;
  private final long end;

  private final int[] visible = new int[QUERIES];
  private final long[] results = new long[QUERIES];

  /**
   * Lays out its part of a worker's memory.
   *
   * @param span keys in a span
   * @param keyWidth elements of a key
   * @param valueWidth elements of a value
   * @param start where its part starts
   */
  SpanAttention(int span, int keyWidth, int valueWidth, long start) {
    this.keyWidth = keyWidth;
    this.valueWidth = valueWidth;
    scoresAt = start;
    foldAt = scoresAt + span * BYTES;
    end = foldAt + BYTES;
  }

  /** Where its part of the memory ends. */
  long end() {
    return end;
  }

  /** Bytes of a panel of queries. */
  long panelBytes() {
    return LaneTile.panelBytes(keyWidth);
  }

  /**
   * Bytes from row to row of keys or values in a worker's memory: whole cache lines, an odd number
   * of them, so that the same element of many rows finds room in a first-level cache.
   */
  static long stride(int width) {
    long lines = Math.ceilDiv(4L * Lanes.roundUp(width), LINE);
    return LINE * (lines | 1);
  }

  /**
   * Returns how many keys a span has.
   *
   * @param bytes what a key and its value take
   */
  static int span(long bytes) {
    int fitting = (int) (SPAN_BYTES / bytes) / SPAN_STEP * SPAN_STEP;
    return Math.clamp(fitting, SPAN_STEP, LONGEST_SPAN);
  }

  /**
   * Says what a query sees and where its result goes.
   *
   * @param lane its lane of the panel; a later one sees no fewer keys. In lanes without a query the
   *     last one is taken again, with the same result.
   * @param visible how many of the span's keys it sees; at most 0 if none, which gives nothing of
   *     use
   * @param resultAt where its {@link Partial} result goes
   */
  void place(int lane, int visible, long resultAt) {
    this.visible[lane] = Math.max(0, visible);
    results[lane] = resultAt;
  }

  /**
   * Attends the queries that were placed; at least one sees a key.
   *
   * @param live how many of them are not copies
   * @param memory the worker's memory
   * @param panelAt where their panel is in it
   * @param keysAt where the span's keys start in it
   * @param keyStride bytes from key to key; there is room for a whole span, what lies behind the
   *     last key that is seen does not matter
   * @param valuesAt where the span's values start in it; {@link MixTile#WIDTH} floats behind the
   *     last one are read and ignored
   * @param valueStride bytes from value to value
   * @param out takes the results
   */
  void attend(
      int live,
      MemorySegment memory,
      long panelAt,
      long keysAt,
      long keyStride,
      long valuesAt,
      long valueStride,
      MemorySegment out) {
    int keys = Math.ceilDiv(visible[QUERIES - 1], LaneTile.ROWS) * LaneTile.ROWS;
    for (int key = 0; key < keys; key += LaneTile.ROWS) {
      long rowsAt = keysAt + key * keyStride;
      long scoreAt = scoresAt + key * BYTES;
      LaneTile.multiply(
          memory, panelAt, keyWidth, memory, rowsAt, keyStride, memory, scoreAt, BYTES);
    }
    hide(memory, keys);
    findLargest(memory, scoresAt, keys, foldAt);
    for (int query = 0; query < live; query++) {
      Partial.setLargest(out, results[query], valueWidth, get(memory, foldAt, query));
    }
    Exp.apply(memory, scoresAt, QUERIES * keys, foldAt, foldAt);
    for (int query = 0; query < live; query++) {
      Partial.setWeights(out, results[query], valueWidth, get(memory, foldAt, query));
    }
    for (int i = 0; i < valueWidth; i += MixTile.WIDTH) {
      // The same elements for all queries: they stay in the first-level cache.
      for (int query = 0; query < live; query += MixTile.SUMS) {
        mix(query, memory, valuesAt + 4L * i, valueStride, out, 4L * i);
      }
    }
    for (int query = 0; query < live; query++) {
      mixLast(query, memory, valuesAt, valueStride, out);
    }
  }

  /** Keys that a query does not see get no weight. */
  private void hide(MemorySegment memory, int keys) {
    for (int query = 0; query < QUERIES; query++) {
      for (int key = visible[query]; key < keys; key++) {
        set(memory, scoresAt, QUERIES * key + query, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /**
   * Finds the largest score of each query. The running maximum is in memory: of one in a variable
   * C2 now and then leaves a call in the loop, for good, and every call makes objects.
   *
   * @param memory the scores, and what was found
   * @param at where the scores start
   * @param keys how many; a multiple of 3
   * @param largestAt where the largest ones go
   */
  private static void findLargest(MemorySegment memory, long at, int keys, long largestAt) {
    memory = NativeMemory.of(memory);
    FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY)
        .intoMemorySegment(memory, largestAt, ORDER);
    for (int key = 0; key < keys; key += 3) {
      long scores = at + key * BYTES;
      FloatVector first = FloatVector.fromMemorySegment(FLOATS, memory, scores, ORDER);
      FloatVector second = FloatVector.fromMemorySegment(FLOATS, memory, scores + BYTES, ORDER);
      FloatVector third = FloatVector.fromMemorySegment(FLOATS, memory, scores + 2 * BYTES, ORDER);
      FloatVector.fromMemorySegment(FLOATS, memory, largestAt, ORDER)
          .max(first)
          .max(second.max(third))
          .intoMemorySegment(memory, largestAt, ORDER);
    }
  }

  /** Mixes one tile of the values that each of four queries sees. */
  private void mix(
      int first,
      MemorySegment memory,
      long valuesAt,
      long valueStride,
      MemorySegment out,
      long shift) {
    MixTile.mix(
        memory,
        scoresAt + 4L * first,
        memory,
        valuesAt,
        valueStride,
        visible[first],
        out,
        results[first] + shift,
        results[first + 1] + shift,
        results[first + 2] + shift,
        results[first + 3] + shift);
  }

  /**
   * Mixes the values that a query sees but not the first of its four. Not with weights of 0 for
   * that one: 0 times what a query must not see may be NaN.
   */
  private void mixLast(
      int query, MemorySegment memory, long valuesAt, long valueStride, MemorySegment out) {
    int first = query / MixTile.SUMS * MixTile.SUMS;
    for (int key = visible[first]; key < visible[query]; key++) {
      float weight = get(memory, scoresAt, QUERIES * key + query);
      long valueAt = valuesAt + key * valueStride;
      F32Format.INSTANCE.addScaled(memory, valueAt, valueWidth, weight, out, results[query]);
    }
  }

  private static float get(MemorySegment memory, long at, int index) {
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * index);
  }

  private static void set(MemorySegment memory, long at, int index, float value) {
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * index, value);
  }
}
