package org.mla4j.core.engine;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;

/**
 * What is to be done on the engine's thread between two steps.
 *
 * <p>Threading: added by any thread, run by the engine's.
 */
final class Chores {
  /** A task whose end can be waited for. */
  static final class Chore {
    private final Runnable task;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    private Chore(Runnable task) {
      this.task = task;
    }

    private void run() {
      try {
        task.run();
        done.complete(null);
      } catch (Throwable e) {
        done.completeExceptionally(e);
      }
    }

    /** Waits for the end, an interrupt notwithstanding; a failure is the caller's to see. */
    void await() {
      try {
        done.join();
      } catch (CancellationException e) {
        throw new ClosedException(
            ErrorCode.CLOSED, "The engine ended before it came to what was to be done.", e);
      } catch (CompletionException e) {
        switch (e.getCause()) {
          case BackendException failure -> throw failure.forCaller();
          case RuntimeException own -> throw own;
          case null, default -> throw e;
        }
      }
    }
  }

  private final ConcurrentLinkedQueue<Chore> waiting = new ConcurrentLinkedQueue<>();

  Chore add(Runnable task) {
    Chore chore = new Chore(task);
    waiting.add(chore);
    return chore;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  void runAll() {
    for (Chore chore = waiting.poll(); chore != null; chore = waiting.poll()) {
      chore.run();
    }
  }

  void cancelAll() {
    for (Chore chore = waiting.poll(); chore != null; chore = waiting.poll()) {
      chore.done.cancel(false);
    }
  }
}
