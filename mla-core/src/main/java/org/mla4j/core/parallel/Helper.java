package org.mla4j.core.parallel;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ParallelFor.Body;

/**
 * One thread of a pool and its mailbox, which holds one range of tasks at a time.
 *
 * <p>The caller fills the mailbox and then increments {@code posted}; the thread runs the range and
 * then sets {@code done} to the number it saw. Between the two the mailbox belongs to the thread,
 * else to the caller.
 */
final class Helper implements Runnable {
  private final WorkerPool pool;
  private final int worker;
  private final Thread thread;

  private @Nullable Body body;
  private int from;
  private int to;

  private volatile int posted;
  private volatile int done;
  private volatile boolean stopped;
  private volatile boolean parked;

  Helper(WorkerPool pool, int worker, String name) {
    this.pool = pool;
    this.worker = worker;
    thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .inheritInheritableThreadLocals(false)
            .unstarted(this);
  }

  void start() {
    thread.start();
  }

  boolean runsOn(Thread other) {
    return thread.equals(other);
  }

  /**
   * Hands over tasks {@code from} to {@code to - 1}. Called by the caller of the loop while this
   * {@link #isDone}.
   */
  @SuppressWarnings({
    "NonAtomicOperationOnVolatileField",
    "NonAtomicVolatileUpdate"
  }) // one writer at a time: the caller of the loop
  void post(Body body, int from, int to) {
    this.body = body;
    this.from = from;
    this.to = to;
    posted = posted + 1;
    // The thread sets parked before it looks at posted a last time, so one of us sees the other.
    if (parked) {
      LockSupport.unpark(thread);
    }
  }

  boolean isDone() {
    return done == posted;
  }

  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  /**
   * Waits for the end of the thread; returns whether the waiting thread was interrupted meanwhile.
   */
  boolean join() {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }

  @Override
  public void run() {
    while (awaitPost()) {
      Body tasks = body;
      if (tasks != null) {
        pool.runTasks(tasks, from, to, worker);
      }
      // A finished loop must not keep its kernel, and the memory of a closed engine, reachable.
      body = null;
      done = posted;
      pool.wakeCaller();
    }
  }

  /** Waits for a range of tasks; returns false when there will be none. */
  private boolean awaitPost() {
    if (Spin.until(this, Helper::hasNews)) {
      return !isDone();
    }
    parked = true;
    while (!hasNews()) {
      LockSupport.park(pool);
      // A task may have left an interrupt behind; parking would return at once for ever.
      Thread.interrupted();
    }
    parked = false;
    return !isDone();
  }

  private boolean hasNews() {
    return stopped || !isDone();
  }
}
