package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.Lanes.COUNT;
import static org.mla4j.core.cpu.vector.Lanes.FLOATS;
import static org.mla4j.core.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Attention of four queries over one span of keys: scores, soft-max within the span, weighted sum
 * of values.
 *
 * <p>Spans start at multiples of {@link #SPAN} of the position in the sequence and are summed from
 * the first key to the last: what a query gets depends neither on how the work is split nor on the
 * size of cache blocks.
 *
 * <p>Threading: one instance for each worker.
 */
final class SpanAttention {
  /** Keys in a span: as many as fit a usual second-level cache together with their values. */
  static final int SPAN = 128;

  /** Queries attended at once. */
  static final int QUERIES = DotTile.SIDE;

  private final int keyWidth;
  private final int valueWidth;
  private final float scale;

  // In the worker's memory: the queries interleaved; one query on its way there; scores, which
  // become weights, as [keys][queries]; one vector of largest scores or of sums.
  private final long panelAt;
  private final long queryAt;
  private final long scoresAt;
  private final long foldAt;
  private final long end;

  private final int[] visible = new int[QUERIES];
  private final long[] results = new long[QUERIES];

  /**
   * Lays out its part of a worker's memory.
   *
   * @param keyWidth elements of a key
   * @param valueWidth elements of a value
   * @param scale factor on scores
   * @param start where its part starts
   */
  SpanAttention(int keyWidth, int valueWidth, double scale, long start) {
    this.keyWidth = Lanes.roundUp(keyWidth);
    this.valueWidth = valueWidth;
    this.scale = (float) scale;
    panelAt = start;
    queryAt = panelAt + 4L * QUERIES * this.keyWidth;
    scoresAt = queryAt + 4L * this.keyWidth;
    foldAt = scoresAt + 4L * QUERIES * SPAN;
    end = foldAt + BYTES;
  }

  /** Where its part of the memory ends. */
  long end() {
    return end;
  }

  /** Bytes from key to key: a key fills whole vectors, the last one with zeros. */
  long keyStride() {
    return 4L * keyWidth;
  }

  /** How many of a span's keys a token at a position sees; at most 0 if none. */
  static int visible(int position, int span) {
    return Math.min(SPAN, position + 1 - span * SPAN);
  }

  /**
   * Takes one of the four queries.
   *
   * @param index 0 to 3; a later query sees no fewer keys. Where there are fewer than four, the
   *     last one is taken again, with the same result.
   * @param nope its part without positions
   * @param nopeWidth elements of that
   * @param rope its rotated part; anything if there is none
   * @param ropeWidth elements of that; 0 for none
   * @param row which row of both
   * @param head which head of both
   * @param visible how many of the span's keys it sees; at least 1
   * @param resultAt where its {@link Partial} result goes
   * @param memory the worker's memory
   */
  void takeQuery(
      int index,
      Operand nope,
      int nopeWidth,
      Operand rope,
      int ropeWidth,
      int row,
      int head,
      int visible,
      long resultAt,
      MemorySegment memory) {
    Concat.copy(
        nope.segment(),
        nope.at(row) + nope.headShift(head),
        nopeWidth,
        rope.segment(),
        rope.at(row) + rope.headShift(head),
        ropeWidth,
        memory,
        queryAt);
    long slot = panelAt + BYTES * index;
    F32Format.INSTANCE.widen(memory, queryAt, keyWidth, memory, slot, BYTES * QUERIES);
    this.visible[index] = visible;
    results[index] = resultAt;
  }

  /**
   * Attends the four queries that were taken.
   *
   * @param memory the worker's memory
   * @param keysAt where the span's keys start in it
   * @param valuesAt where the span's values start in it; {@link MixTile#WIDTH} floats behind the
   *     last one are read and ignored
   * @param valueStride bytes from value to value
   * @param out takes the results
   */
  void attend(
      MemorySegment memory, long keysAt, long valuesAt, long valueStride, MemorySegment out) {
    int keys = Math.ceilDiv(visible[QUERIES - 1], DotTile.SIDE) * DotTile.SIDE;
    score(memory, keysAt, keys);
    scale(memory, scoresAt, QUERIES * keys, scale);
    hide(memory, keys);
    int scores = QUERIES * keys;
    findLargest(memory, keys);
    for (int i = QUERIES; i < COUNT; i++) {
      set(memory, foldAt, i, get(memory, foldAt, i % QUERIES));
    }
    for (int query = 0; query < QUERIES; query++) {
      Partial.setLargest(out, results[query], valueWidth, get(memory, foldAt, query));
    }
    Exp.apply(memory, scoresAt, scores, foldAt, foldAt);
    for (int query = 0; query < QUERIES; query++) {
      Partial.setWeights(out, results[query], valueWidth, foldSum(memory, query));
    }
    mix(memory, valuesAt, valueStride, out);
  }

  private void score(MemorySegment memory, long keysAt, int keys) {
    for (int key = 0; key < keys; key += DotTile.SIDE) {
      long k0 = keysAt + key * keyStride();
      long k1 = k0 + keyStride();
      long k2 = k1 + keyStride();
      long k3 = k2 + keyStride();
      long scoreAt = scoresAt + 4L * QUERIES * key;
      DotTile.multiply(memory, panelAt, memory, k0, k1, k2, k3, keyWidth, memory, scoreAt);
    }
  }

  private static void scale(MemorySegment memory, long at, int count, float scale) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector.fromMemorySegment(FLOATS, memory, at + 4L * i, ORDER)
          .mul(scale)
          .intoMemorySegment(memory, at + 4L * i, ORDER);
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
   * Finds the largest score of each query. Scalar, four at a time: of a running vector maximum C2
   * now and then leaves a call in the loop, for good, and every call makes objects.
   */
  private void findLargest(MemorySegment memory, int keys) {
    float first = Float.NEGATIVE_INFINITY;
    float second = Float.NEGATIVE_INFINITY;
    float third = Float.NEGATIVE_INFINITY;
    float fourth = Float.NEGATIVE_INFINITY;
    for (int key = 0; key < keys; key++) {
      first = larger(first, get(memory, scoresAt, QUERIES * key));
      second = larger(second, get(memory, scoresAt, QUERIES * key + 1));
      third = larger(third, get(memory, scoresAt, QUERIES * key + 2));
      fourth = larger(fourth, get(memory, scoresAt, QUERIES * key + 3));
    }
    set(memory, foldAt, 0, first);
    set(memory, foldAt, 1, second);
    set(memory, foldAt, 2, third);
    set(memory, foldAt, 3, fourth);
  }

  /** The larger one; a score that is NaN makes NaN of its weight all the same. */
  private static float larger(float largest, float score) {
    return score > largest ? score : largest;
  }

  private float foldSum(MemorySegment memory, int query) {
    float sum = get(memory, foldAt, query);
    for (int lane = query + QUERIES; lane < COUNT; lane += QUERIES) {
      sum += get(memory, foldAt, lane);
    }
    return sum;
  }

  private void mix(MemorySegment memory, long valuesAt, long valueStride, MemorySegment out) {
    int least = visible[0];
    for (int i = 0; i < valueWidth; i += MixTile.WIDTH) {
      MixTile.mix(
          memory,
          scoresAt,
          memory,
          valuesAt + 4L * i,
          valueStride,
          least,
          out,
          results[0] + 4L * i,
          results[1] + 4L * i,
          results[2] + 4L * i,
          results[3] + 4L * i);
    }
    // Not with weights of 0 for the others: 0 times what a query must not see may be NaN.
    for (int query = 1; query < QUERIES; query++) {
      boolean copy = results[query] == results[query - 1];
      for (int key = least; !copy && key < visible[query]; key++) {
        float weight = get(memory, scoresAt, QUERIES * key + query);
        long valueAt = valuesAt + key * valueStride;
        F32Format.INSTANCE.addScaled(memory, valueAt, valueWidth, weight, out, results[query]);
      }
    }
  }

  private static float get(MemorySegment memory, long at, int index) {
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * index);
  }

  private static void set(MemorySegment memory, long at, int index, float value) {
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * index, value);
  }
}
