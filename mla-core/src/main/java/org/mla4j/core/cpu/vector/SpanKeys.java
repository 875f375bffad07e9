package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.step.StepDescription;

/** Where the keys and values of spans come from. Threading: {@code load} by all workers at once. */
interface SpanKeys {
  /** Whether there is nothing to read. */
  boolean isEmpty();

  /** Heads that have keys and values of their own. */
  int heads();

  /** Elements of a key. */
  int keyWidth();

  /** Whether a value is the start of its key, so that it is not loaded apart. */
  boolean areValuesInKeys();

  /** Bytes of a worker's memory that {@link #load} needs for itself. */
  long workBytes(int span);

  /** Forgets what it has in the workers' memory. */
  void begin(StepDescription step);

  /**
   * Loads the keys and values of a head, the last vector of each key filled with zeros.
   *
   * @param sequence whose
   * @param position of the first one
   * @param count how many
   * @param head which head
   * @param worker who loads
   * @param memory the worker's memory
   * @param workAt where in it there are {@link #workBytes}
   * @param keysAt where in it the keys go, {@link SpanAttention#stride} apart
   * @param valuesAt where in it the values go, likewise; ignored if they are in the keys
   */
  void load(
      int sequence,
      int position,
      int count,
      int head,
      int worker,
      MemorySegment memory,
      long workAt,
      long keysAt,
      long valuesAt);
}
