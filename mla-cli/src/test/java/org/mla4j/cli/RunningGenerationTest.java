package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class RunningGenerationTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SOON = Duration.ofSeconds(30);

  private final RunningGeneration running = new RunningGeneration();

  @Test
  void withoutAGenerationNobodyWaits() {
    assertTimeoutPreemptively(SOON, () -> running.cancelAndAwait(LONG));
    assertEquals("done", running.during(() -> {}, () -> "done"));
    assertTimeoutPreemptively(SOON, () -> running.cancelAndAwait(LONG));
  }

  @Test
  void theEndOfTheProcessCancelsAndWaitsUntilAllIsClosed() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    Thread command =
        Thread.ofVirtual()
            .start(() -> {
              running.during(
                  cancelled::countDown,
                  () -> {
                    started.countDown();
                    await(cancelled);
                    return "cut off";
                  });
              running.finished();
            });
    started.await();
    assertTimeoutPreemptively(SOON, () -> running.cancelAndAwait(LONG));
    command.join();
    assertEquals(0, cancelled.getCount());
  }

  @Test
  void aCommandThatDoesNotEndIsNotWaitedForForever() {
    long start = System.nanoTime();
    running.during(
        () -> {},
        () -> {
          running.cancelAndAwait(Duration.ofMillis(50));
          return "";
        });
    assertTrue(System.nanoTime() - start >= 50_000_000);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
