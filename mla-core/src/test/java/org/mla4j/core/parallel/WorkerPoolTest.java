package org.mla4j.core.parallel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.backend.ParallelFor.Body;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.InvalidInputException;

class WorkerPoolTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  @DisplayName("every task runs once, in contiguous ranges that grow with the worker")
  void partition(int threads) {
    try (WorkerPool pool = new WorkerPool("test", threads)) {
      for (int tasks : new int[] {0, 1, 2, 3, 7, 8, 9, 100}) {
        int[] runs = new int[tasks];
        int[] workers = new int[tasks];
        pool.run(
            tasks,
            (task, worker) -> {
              runs[task]++;
              workers[task] = worker;
            });
        assertTrue(Arrays.stream(runs).allMatch(count -> count == 1));
        int[] sorted = workers.clone();
        Arrays.sort(sorted);
        assertArrayEquals(sorted, workers);
        assertEquals(Math.min(tasks, threads), Arrays.stream(workers).distinct().count());
      }
    }
  }

  @Test
  @DisplayName("threads have the engine's name and are daemons; the caller is worker 0")
  void threads() {
    try (WorkerPool pool = new WorkerPool("demo", 3)) {
      Thread[] seen = new Thread[3];
      pool.run(3, (task, worker) -> seen[worker] = Thread.currentThread());
      assertSame(Thread.currentThread(), seen[0]);
      assertEquals("mla-demo-worker-1", seen[1].getName());
      assertEquals("mla-demo-worker-2", seen[2].getName());
      assertTrue(seen[1].isDaemon());
      assertEquals(3, pool.threads());
    }
  }

  @Test
  @DisplayName(
      "100 000 small loops: writes before a loop are seen by its tasks, theirs after it by the"
          + " caller")
  void visibility() {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      int[] input = new int[1];
      int[] output = new int[2];
      Body body = (task, worker) -> output[task] = input[0] + task;
      for (int i = 0; i < 100_000; i++) {
        input[0] = i;
        pool.run(2, body);
        if (output[0] != i || output[1] != i + 1) {
          assertArrayEquals(new int[] {i, i + 1}, output);
        }
      }
    }
  }

  @Test
  @DisplayName("parked threads wake up")
  void parking() {
    try (WorkerPool pool = new WorkerPool("test", 3)) {
      AtomicInteger runs = new AtomicInteger();
      for (int i = 0; i < 50; i++) {
        LockSupport.parkNanos(1_000_000);
        pool.run(3, (task, worker) -> runs.incrementAndGet());
      }
      assertEquals(150, runs.get());
    }
  }

  @Test
  @DisplayName("a caller that waits for long parks, keeps its interrupt, and is woken")
  void interruptedCaller() {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      Thread caller = Thread.currentThread();
      AtomicInteger runs = new AtomicInteger();
      pool.run(
          2,
          (task, worker) -> {
            if (task == 1) {
              caller.interrupt();
              LockSupport.parkNanos(5_000_000);
            }
            runs.incrementAndGet();
          });
      assertTrue(Thread.interrupted());
      assertEquals(2, runs.get());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  @DisplayName("a task's unchecked failure is rethrown as it is; the pool stays usable")
  void failure(int failing) {
    try (WorkerPool pool = new WorkerPool("test", 3)) {
      var expected = new UnsupportedOperationException("task " + failing);
      var thrown =
          assertThrows(
              UnsupportedOperationException.class,
              () ->
                  pool.run(
                      3,
                      (task, worker) -> {
                        if (task == failing) {
                          throw expected;
                        }
                      }));
      assertSame(expected, thrown);
      int[] runs = new int[3];
      pool.run(3, (task, worker) -> runs[task]++);
      assertArrayEquals(new int[] {1, 1, 1}, runs);
    }
  }

  @Test
  @DisplayName("errors keep their type; checked exceptions are wrapped")
  void errorsAndCheckedExceptions() {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      assertThrows(
          StackOverflowError.class,
          () ->
              pool.run(
                  2,
                  (task, worker) -> {
                    throw new StackOverflowError();
                  }));
      var checked = new Exception("checked");
      var wrapped =
          assertThrows(
              UndeclaredThrowableException.class,
              () -> pool.run(1, (task, worker) -> WorkerPoolTest.<RuntimeException>sneak(checked)));
      assertSame(checked, wrapped.getCause());
    }
  }

  @Test
  @DisplayName(
      "no task starts on a worker after it saw a failure, and all have ended when run() throws")
  void failureStopsTheLoop() {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      boolean[] started = new boolean[4];
      boolean[] ended = new boolean[4];
      assertThrows(
          IllegalStateException.class,
          () ->
              pool.run(
                  4,
                  (task, worker) -> {
                    started[task] = true;
                    if (task == 0) {
                      throw new IllegalStateException("first task");
                    }
                    LockSupport.parkNanos(2_000_000);
                    ended[task] = true;
                  }));
      assertFalse(started[1]);
      assertEquals(started[2], ended[2]);
      assertEquals(started[3], ended[3]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  @DisplayName("a loop within a task is refused on every worker")
  void nested(int nesting) {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      var refused =
          assertThrows(
              IllegalStateException.class,
              () ->
                  pool.run(
                      2,
                      (task, worker) -> {
                        if (task == nesting) {
                          pool.run(1, (t, w) -> {});
                        }
                      }));
      assertEquals(
          "Engine 'test': run() within a task; parallel loops do not nest.", refused.getMessage());
      assertDoesNotThrow(() -> pool.run(2, (task, worker) -> {}));
    }
  }

  @Test
  @DisplayName("two callers at once are refused")
  void twoCallers() throws Exception {
    try (WorkerPool pool = new WorkerPool("test", 1)) {
      AtomicReference<String> message = new AtomicReference<>();
      pool.run(
          1,
          (task, worker) -> {
            var other =
                new FutureTask<>(() ->
                    assertThrows(IllegalStateException.class, () -> pool.run(1, (t, w) -> {}))
                        .getMessage());
            Thread.ofPlatform().start(other);
            message.set(result(other));
          });
      assertEquals(
          "Engine 'test': run() while another thread's loop runs; expected one caller at a time.",
          message.get());
    }
  }

  @Test
  @DisplayName("callers may change, platform and virtual")
  void callersChange() throws Exception {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      AtomicInteger runs = new AtomicInteger();
      Body body = (task, worker) -> runs.incrementAndGet();
      for (int i = 0; i < 20; i++) {
        Runnable loop = () -> pool.run(2, body);
        Thread thread =
            i % 2 == 0 ? Thread.ofVirtual().start(loop) : Thread.ofPlatform().start(loop);
        thread.join();
      }
      assertEquals(40, runs.get());
    }
  }

  @Test
  @DisplayName("a virtual caller may park")
  void virtualCallerParks() throws Exception {
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      AtomicInteger runs = new AtomicInteger();
      Body slow =
          (task, worker) -> {
            if (task == 1) {
              LockSupport.parkNanos(3_000_000);
            }
            runs.incrementAndGet();
          };
      Thread.ofVirtual().start(() -> pool.run(2, slow)).join();
      assertEquals(2, runs.get());
    }
  }

  @Test
  @DisplayName("close ends idle threads, is idempotent, and run() is refused afterwards")
  void close() {
    WorkerPool pool = new WorkerPool("demo", 2);
    Thread[] seen = new Thread[2];
    pool.run(2, (task, worker) -> seen[worker] = Thread.currentThread());
    LockSupport.parkNanos(1_000_000);
    pool.close();
    assertFalse(seen[1].isAlive());
    pool.close();
    var refused = assertThrows(ClosedException.class, () -> pool.run(1, (task, worker) -> {}));
    assertEquals("run() on the closed threads of engine 'demo'. [MLA-0403]", refused.getMessage());
  }

  @Test
  @DisplayName("close waits for a running loop")
  void closeWaits() throws Exception {
    WorkerPool pool = new WorkerPool("test", 2);
    CountDownLatch started = new CountDownLatch(2);
    AtomicInteger ended = new AtomicInteger();
    Thread caller =
        Thread.ofPlatform()
            .start(() ->
                pool.run(
                    2,
                    (task, worker) -> {
                      started.countDown();
                      LockSupport.parkNanos(5_000_000);
                      ended.incrementAndGet();
                    }));
    started.await();
    pool.close();
    assertEquals(2, ended.get());
    caller.join();
  }

  @Test
  @DisplayName("close within a task is refused")
  void closeWithinTask() {
    try (WorkerPool pool = new WorkerPool("test", 1)) {
      var refused =
          assertThrows(
              IllegalStateException.class, () -> pool.run(1, (task, worker) -> pool.close()));
      assertEquals(
          "Engine 'test': its threads cannot be closed from within a task.", refused.getMessage());
    }
  }

  @Test
  @DisplayName("wrong arguments are refused")
  void wrongArguments() {
    var refused = assertThrows(InvalidInputException.class, () -> new WorkerPool("demo", 0));
    assertEquals(
        "Engine 'demo': threads = 0; expected 1 or more. [MLA-0401]", refused.getMessage());
    try (WorkerPool pool = new WorkerPool("demo", 1)) {
      assertThrows(IllegalArgumentException.class, () -> pool.run(-1, (task, worker) -> {}));
    }
  }

  @Test
  @DisplayName("run() does not allocate on any thread")
  void allocation() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (WorkerPool pool = new WorkerPool("test", 2)) {
      long[] before = new long[2];
      long[] after = new long[2];
      Body snapshotBefore =
          (task, worker) -> before[worker] = threads.getCurrentThreadAllocatedBytes();
      Body snapshotAfter =
          (task, worker) -> after[worker] = threads.getCurrentThreadAllocatedBytes();
      int[] counts = new int[2];
      Body work = (task, worker) -> counts[worker]++;
      for (int i = 0; i < 20_000; i++) {
        pool.run(2, work);
      }
      pool.run(2, snapshotBefore);
      for (int i = 0; i < 1_000; i++) {
        pool.run(2, work);
      }
      pool.run(2, snapshotAfter);
      assertArrayEquals(before, after);
    }
  }

  private static <V> V result(FutureTask<V> task) {
    try {
      return task.get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
