package org.mla4j.tck.harness;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ParallelFor;

/** The threads of an engine: tasks run last first, by whoever is free. A run allocates nothing. */
public final class KitThreads implements ParallelFor, AutoCloseable {
  private final Thread[] helpers;
  private final AtomicInteger remaining = new AtomicInteger();
  private final Object lock = new Object();

  private @Nullable Body body;
  private @Nullable RuntimeException failure;
  private @Nullable Error error;
  private int round;
  private int busy;
  private boolean closed;

  /** Starts all threads but the caller's own. */
  public KitThreads(int threads) {
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      int worker = i + 1;
      helpers[i] = Thread.ofPlatform().daemon().name("tck-" + worker).unstarted(() -> help(worker));
    }
    for (Thread helper : helpers) {
      helper.start();
    }
  }

  @Override
  public int threads() {
    return helpers.length + 1;
  }

  /** The threads beside the caller's. */
  public Thread[] helpers() {
    return helpers.clone();
  }

  @Override
  public void run(int tasks, Body body) {
    if (tasks <= 0) {
      return;
    }
    synchronized (lock) {
      this.body = body;
      failure = null;
      error = null;
      remaining.set(tasks);
      busy = helpers.length;
      round++;
      lock.notifyAll();
    }
    work(body, 0);
    synchronized (lock) {
      boolean interrupted = false;
      while (busy > 0) {
        try {
          lock.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      this.body = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (error != null) {
        throw error;
      }
      if (failure != null) {
        throw failure;
      }
    }
  }

  private void work(Body body, int worker) {
    try {
      for (int task = remaining.decrementAndGet(); task >= 0; task = remaining.decrementAndGet()) {
        body.run(task, worker);
      }
    } catch (RuntimeException e) {
      synchronized (lock) {
        failure = failure == null ? e : failure;
      }
      remaining.set(0);
    } catch (Error e) {
      synchronized (lock) {
        error = error == null ? e : error;
      }
      remaining.set(0);
    }
  }

  private void help(int worker) {
    int seen = 0;
    while (true) {
      Body next;
      synchronized (lock) {
        while (round == seen && !closed) {
          try {
            lock.wait();
          } catch (InterruptedException e) {
            return;
          }
        }
        if (closed) {
          return;
        }
        seen = round;
        next = body;
      }
      if (next != null) {
        work(next, worker);
      }
      synchronized (lock) {
        busy--;
        lock.notifyAll();
      }
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    for (Thread helper : helpers) {
      try {
        helper.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
