package org.mla4j.api.backend;

/** The completion of work submitted to a {@link Queue}. */
public interface Event {
  /** An event of work that is complete already. */
  Event COMPLETED = () -> {};

  /**
   * Waits until the work is complete.
   *
   * @throws RuntimeException if the work failed; the message names the kernel it failed in
   */
  void await();
}
