package org.mla4j.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The generation that would be cut off if the process ended now.
 *
 * <p>Ctrl-C ends the program, also in the middle of an answer: Java has no supported way to keep a
 * process alive after that signal. What can be done is to end well: the generation is cancelled,
 * the engine closed, the line completed.
 */
final class RunningGeneration {
  private final AtomicReference<@Nullable Runnable> cancel = new AtomicReference<>();
  private final CountDownLatch finished = new CountDownLatch(1);

  /** Does work that {@link #cancel} ends early. */
  <T> T during(Runnable cancelWork, Supplier<T> work) {
    cancel.set(cancelWork);
    try {
      return work.get();
    } finally {
      cancel.set(null);
    }
  }

  /** Says that the command is done and has closed everything. */
  void finished() {
    finished.countDown();
  }

  /**
   * Cancels what runs, if anything does, and gives the command the time to close. For a shutdown
   * hook.
   */
  void cancelAndAwait(Duration atMost) {
    Runnable running = cancel.get();
    if (running == null) {
      return; // waiting for input, say: nothing to save, so the process ends at once
    }
    running.run();
    try {
      finished.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
