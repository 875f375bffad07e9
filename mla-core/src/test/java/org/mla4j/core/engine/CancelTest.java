package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** When a cancel takes effect, and which threads compute. */
@Timeout(60)
class CancelTest {
  @TempDir Path folder;

  @BeforeEach
  void openGate() {
    Gate.reached = new CountDownLatch(1);
    Gate.open = new CountDownLatch(1);
    Gate.LAYERS.clear();
    Gate.THREADS.clear();
  }

  @Test
  void aloneItEndsAtTheNextLayer() throws InterruptedException {
    try (Engine engine = engine()) {
      Generation generation = engine.generate(request(4));
      assertTrue(Gate.reached.await(30, TimeUnit.SECONDS));
      generation.cancel();
      assertFalse(generation.hasNext(), "the handle ends at once, while the step stands");
      assertEquals(FinishReason.CANCELLED, generation.result().finishReason());
      assertFalse(generation.isDone(), "its blocks are not free before the step ended");
      Gate.open.countDown();
      while (!generation.isDone()) {
        Thread.onSpinWait();
      }
      assertEquals(Set.of("layers.0.attn"), Gate.LAYERS);
      assertEquals(engine.statistics().totalBlocks(), engine.statistics().freeBlocks());
      assertEquals(0, engine.statistics().steps(), "a step given up is none");
      assertEquals(2, engine.generate(request(2)).result().tokens().size());
    }
  }

  @Test
  void besideOthersTheStepInFlightFinishes() throws InterruptedException {
    try (Engine engine = engine()) {
      Generation first = engine.generate(request(4));
      assertTrue(Gate.reached.await(30, TimeUnit.SECONDS));
      // The second one joins in a later step; then the first is cancelled beside it.
      Generation second = engine.generate(request(6));
      Gate.open.countDown();
      Piece _ = first.next();
      Piece _ = second.next();
      first.cancel();
      assertEquals(6, second.result().tokens().size());
      assertEquals(FinishReason.CANCELLED, first.result().finishReason());
      assertTrue(Gate.LAYERS.contains("layers.1.attn"));
    }
  }

  @Test
  void computesOnThreadsOfTheEngineOnly() {
    Gate.open.countDown();
    try (Engine engine = engine()) {
      assertEquals(5, engine.generate(request(5)).result().tokens().size());
    }
    assertTrue(Gate.THREADS.size() >= 2, Gate.THREADS.toString());
    for (String thread : Gate.THREADS) {
      assertTrue(thread.startsWith("mla-tiny-"), thread);
    }
  }

  private Engine engine() {
    return Engine.open(
        new TinyModel(),
        EngineOptions.builder()
            .threads(2)
            .backend("gate")
            .pluginLoader(PluginLoader.beside(folder, Gate.class))
            .build());
  }

  private static GenerationRequest request(int tokens) {
    return GenerationRequest.builder(new int[] {1, 2, 3}).maxTokens(tokens).build();
  }

  /** Stops the first op of the first attention until the test lets it go on. */
  public static final class Gate extends DelegatingBackend {
    private static final Set<String> LAYERS = ConcurrentHashMap.newKeySet();
    private static final Set<String> THREADS = ConcurrentHashMap.newKeySet();
    private static final int TASKS = 64;
    private static volatile CountDownLatch reached = new CountDownLatch(1);
    private static volatile CountDownLatch open = new CountDownLatch(1);

    @Override
    public String name() {
      return "gate";
    }

    @Override
    protected void before(Op op, StepDescription step, EngineContext context) {
      String written = op.writes().getFirst().name();
      if (!written.contains(".attn.")) {
        return;
      }
      LAYERS.add(written.substring(0, written.indexOf(".attn.") + ".attn".length()));
      context
          .parallel()
          .run(
              TASKS,
              (_, _) -> {
                THREADS.add(Thread.currentThread().getName());
                Thread.yield();
              });
      reached.countDown();
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
