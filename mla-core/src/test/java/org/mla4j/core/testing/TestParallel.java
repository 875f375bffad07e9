package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.mla4j.api.backend.ParallelFor;

/** Parallel loops for tests. */
public final class TestParallel {
  private TestParallel() {}

  /** Runs all tasks on the calling thread, in order. Does not allocate. */
  public static ParallelFor sequential() {
    return new Sequential();
  }

  /** Runs tasks on as many threads, last task first, whoever is free next. */
  public static ParallelFor threads(int threads) {
    return new Threads(threads);
  }

  private record Sequential() implements ParallelFor {
    @Override
    public int threads() {
      return 1;
    }

    @Override
    public void run(int tasks, Body body) {
      for (int task = 0; task < tasks; task++) {
        body.run(task, 0);
      }
    }
  }

  private record Threads(int threads) implements ParallelFor {
    @Override
    public void run(int tasks, Body body) {
      AtomicInteger remaining = new AtomicInteger(tasks);
      AtomicReference<RuntimeException> failure = new AtomicReference<>();
      List<Thread> started = new ArrayList<>();
      for (int index = 0; index < threads; index++) {
        int worker = index;
        started.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    for (int task; (task = remaining.decrementAndGet()) >= 0; ) {
                      body.run(task, worker);
                    }
                  } catch (RuntimeException e) {
                    failure.compareAndSet(null, e);
                  }
                }));
      }
      for (Thread thread : started) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      if (failure.get() != null) {
        throw failure.get();
      }
    }
  }
}
