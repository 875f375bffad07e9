package org.mla4j.api.backend;

/**
 * Where a backend's kernels submit their work, in order. One per backend and engine.
 *
 * <p>Threading: one thread.
 */
public interface Queue {
  /** A queue of a backend whose kernels have done their work when they return. */
  Queue SYNCHRONOUS = () -> Event.COMPLETED;

  /**
   * Marks the work submitted so far.
   *
   * @return an event that completes when all of it did; may be reused by the next call
   */
  Event record();
}
