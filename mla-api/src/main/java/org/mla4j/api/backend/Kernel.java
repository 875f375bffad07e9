package org.mla4j.api.backend;

import org.mla4j.api.step.StepDescription;

/**
 * One op, or one layer, ready to run: created once with its weights and its tensors, then called in
 * every step.
 *
 * <p>Threading: {@code forward} is called by one thread at a time. It may use the engine's threads
 * through {@link ParallelFor}.
 */
public interface Kernel extends AutoCloseable {
  /**
   * Computes the live rows of the step. Called only when there are some. Must not allocate on the
   * Java heap, log, or wait for a device; what it submits is complete when an {@link Event}
   * recorded on the queue later is.
   *
   * @param step the step; valid until this step's last event completed, an open context pass until
   *     the next event
   * @param queue the queue of the kernel's backend
   */
  void forward(StepDescription step, Queue queue);

  /**
   * Returns what the backend calls this kernel, for {@code explain()}.
   *
   * @return for people; the name of the class unless overridden
   */
  default String describe() {
    return getClass().getSimpleName();
  }

  /** Releases what this kernel holds. Calling it twice does no harm. */
  @Override
  default void close() {}
}
