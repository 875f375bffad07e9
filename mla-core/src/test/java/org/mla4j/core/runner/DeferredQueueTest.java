package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** A backend whose kernels run later than they are submitted computes the same. */
@Timeout(60)
class DeferredQueueTest {
  @TempDir Path folder;

  @Test
  void contextPassesWaitForWhatReadsThem() {
    List<float[]> expected = extend(EngineOptions.builder().backend("cpu"));
    List<float[]> found = extend(deferred());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), "row " + i);
    }
  }

  /** The logits of ten tokens after a context of fifty, which takes four passes. */
  private static List<float[]> extend(EngineOptions.Builder options) {
    try (StepRunner runner = runner(options)) {
      describe(runner.step(), 0, 50);
      runner.run();
      describe(runner.step(), 50, 10);
      runner.run();
      List<float[]> logits = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        logits.add(runner.logits(i));
      }
      return logits;
    }
  }

  @Test
  void ofAStepThatIsGivenUpNothingRunsOn() {
    try (StepRunner runner = runner(deferred())) {
      describe(runner.step(), 0, 50);
      AtomicInteger layers = new AtomicInteger();
      assertFalse(runner.runWhile(() -> layers.incrementAndGet() < 3));
      assertEquals(0, Deferred.PENDING.get());
    }
  }

  @Test
  void afterAFailureNothingRunsOn() {
    try (StepRunner runner = runner(deferred())) {
      describe(runner.step(), 0, 50);
      try {
        boolean _ =
            runner.runWhile(() -> {
              throw new IllegalStateException("asked in vain");
            });
      } catch (IllegalStateException e) {
        assertEquals("asked in vain", e.getMessage());
      }
      assertEquals(0, Deferred.PENDING.get());
    }
  }

  private EngineOptions.Builder deferred() {
    return EngineOptions.builder()
        .backend("deferred")
        .pluginLoader(PluginLoader.beside(folder, Deferred.class));
  }

  private static StepRunner runner(EngineOptions.Builder options) {
    return StepRunner.build(
        new TinyModel(), options.threads(1).contextTokens(16).allLogits(true).build());
  }

  private static void describe(StepDescription step, int context, int count) {
    int[] ids = new int[context + count];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = i * 7 % TinyModel.VOCABULARY;
    }
    step.clear();
    step.addSequence(Phase.PREFILL, context, ids, context, count, new int[] {1, 2, 3, 4}, 4);
    step.wantAllLogits();
  }

  /** Runs what {@code cpu} has, one kernel after another, on a thread that lags behind. */
  public static final class Deferred extends DelegatingBackend {
    private static final AtomicInteger PENDING = new AtomicInteger();
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

    @Override
    public String name() {
      return "deferred";
    }

    @Override
    protected void launch(Kernel kernel, StepDescription step) {
      PENDING.incrementAndGet();
      last = last.thenRunAsync(() -> later(kernel, step), Thread.ofPlatform().daemon()::start);
    }

    @Override
    protected Queue queue() {
      return () -> last::join;
    }

    private static void later(Kernel kernel, StepDescription step) {
      try {
        Thread.sleep(1); // long enough for the engine to run ahead
        kernel.forward(step, Queue.SYNCHRONOUS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        PENDING.decrementAndGet();
      }
    }
  }
}
