package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.step.StepDescription;

/** Keys and values as they lie in a cache: in a row the keys of all heads, then the values. */
final class CachedKeys implements SpanKeys {
  private final CacheRows cache;
  private final int heads;
  private final int keyWidth;
  private final int valueWidth;

  @SuppressWarnings("NullAway.Init") // set by begin before anything is loaded
  private StepDescription step;

  /**
   * Takes a cache.
   *
   * @param cache its rows
   * @param heads how many heads they are of
   * @param keyWidth elements of a key
   * @param valueWidth elements of a value; 0 if it is the start of its key
   */
  CachedKeys(CacheRows cache, int heads, int keyWidth, int valueWidth) {
    this.cache = cache;
    this.heads = heads;
    this.keyWidth = keyWidth;
    this.valueWidth = valueWidth;
  }

  @Override
  public boolean isEmpty() {
    return cache.isEmpty();
  }

  @Override
  public int heads() {
    return heads;
  }

  @Override
  public int keyWidth() {
    return keyWidth;
  }

  @Override
  public boolean areValuesInKeys() {
    return valueWidth == 0;
  }

  @Override
  public long workBytes(int span) {
    return 0;
  }

  @Override
  public void begin(StepDescription step) {
    this.step = step;
  }

  @Override
  public void load(
      int sequence,
      int position,
      int count,
      int head,
      int worker,
      MemorySegment memory,
      long workAt,
      long keysAt,
      long valuesAt) {
    int key = head * keyWidth;
    long keyStride = SpanAttention.stride(keyWidth);
    cache.widen(step, sequence, position, count, key, keyWidth, memory, keysAt, keyStride);
    if (valueWidth > 0) {
      int value = heads * keyWidth + head * valueWidth;
      long stride = SpanAttention.stride(valueWidth);
      cache.widen(step, sequence, position, count, value, valueWidth, memory, valuesAt, stride);
    }
  }
}
