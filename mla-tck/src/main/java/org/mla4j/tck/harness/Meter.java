package org.mla4j.tck.harness;

import com.sun.management.ThreadMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Counts what the process holds. */
public final class Meter {
  /** Calls of a round. */
  public static final int CALLS = 50;

  /**
   * Until the JIT compiler has settled, calls allocate what compiled code keeps in registers. What
   * a kernel itself allocates, it allocates in every round.
   */
  private static final long NANOS = 25_000_000_000L;

  private static final int LEAST_ROUNDS = 600;

  private static final int ROUNDS_BETWEEN_PAUSES = 20;
  private static final long PAUSE_MILLIS = 30;

  private static final int SETTLING_ROUNDS = 50;

  private Meter() {}

  /**
   * Bytes that all native segments and direct buffers of the process take, once nobody releases any
   * more: those of segments that became garbage go some time after a collection.
   */
  public static long nativeBytes() {
    long last = takenNativeBytes();
    for (int round = 0; round < SETTLING_ROUNDS; round++) {
      System.gc();
      LockSupport.parkNanos(PAUSE_MILLIS * 1_000_000);
      long now = takenNativeBytes();
      if (now == last) {
        return now;
      }
      last = now;
    }
    return last;
  }

  private static long takenNativeBytes() {
    long bytes = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        bytes += pool.getMemoryUsed();
      }
    }
    return bytes;
  }

  /** The heap in use after a collection. */
  public static long heapBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  /** How many threads were started in this process so far; those of the JVM itself do not count. */
  public static long startedThreads() {
    return ManagementFactory.getThreadMXBean().getTotalStartedThreadCount();
  }

  /** The live threads. */
  public static Set<Thread> threads() {
    return new HashSet<>(Thread.getAllStackTraces().keySet());
  }

  /** Threads that live now, were not there before, and are not the engine's own. */
  public static List<String> started(Set<Thread> before, Thread... own) {
    Set<Thread> now = threads();
    now.removeAll(before);
    now.removeAll(Set.of(own));
    List<String> names = new ArrayList<>();
    for (Thread thread : now) {
      if (thread.isAlive()) {
        names.add("'" + thread.getName() + "'");
      }
    }
    return names;
  }

  /**
   * Repeats work until a round of it allocates nothing on this thread and on others.
   *
   * @return bytes that the last round allocated: 0 if one was free of allocation
   */
  public static long allocated(Thread[] others, Runnable work) throws InterruptedException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    if (!threads.isThreadAllocatedMemorySupported() || !threads.isThreadAllocatedMemoryEnabled()) {
      throw new Skipped("this JVM does not count the bytes that threads allocate");
    }
    long[] ids = new long[others.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = others[i].threadId();
    }
    long bytes = 1;
    long start = System.nanoTime();
    for (int round = 0; bytes > 0; round++) {
      if (round > LEAST_ROUNDS && System.nanoTime() - start > NANOS) {
        break;
      }
      if (round % ROUNDS_BETWEEN_PAUSES == ROUNDS_BETWEEN_PAUSES - 1) {
        Thread.sleep(PAUSE_MILLIS);
      }
      long othersBefore = sum(threads, ids);
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < CALLS; call++) {
        work.run();
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
      bytes += sum(threads, ids) - othersBefore;
    }
    return bytes;
  }

  private static long sum(ThreadMXBean threads, long[] ids) {
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(ids)) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }
}
