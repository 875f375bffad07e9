package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TinyModel;

/**
 * Random requests, random cancels, random closes, and a backend that throws at a random op of a
 * random step, more than 500 times: whatever ends, every block and every byte comes back, and who
 * had nothing to do with it gets its answer.
 */
@Timeout(300)
class FailureStormTest {
  private static final int ENGINES = 8;
  private static final int STRIKES_OF_ENGINE = 63;
  private static final int CLOSED_ENGINES = 100;

  @TempDir Path folder;

  private final RandomData random = new RandomData(23);
  private final Map<String, List<Integer>> alone = new HashMap<>();
  private int failures;
  private int cancelled;
  private int finished;

  /** A request, the key of its content, and whether the test cancelled it. */
  private record Asked(Generation generation, String key, boolean cancelled) {}

  @Test
  void enginesOutliveEveryFailure() {
    for (int i = 0; i < ENGINES; i++) {
      TinyModel model = new TinyModel();
      boolean deterministic = i % 2 == 0;
      try (Engine engine = Engine.open(model, options(i, deterministic))) {
        Map<String, Long> memory = engine.memory();
        for (int strikes = 0; strikes < STRIKES_OF_ENGINE; strikes += Saboteur.struck() ? 1 : 0) {
          Saboteur.failAfter(1 + random.below(300));
          List<Asked> asked = askSeveral(engine);
          asked.forEach(one -> check(one, deterministic));
          assertAllFree(engine);
          assertEquals(memory, engine.memory());
        }
        Saboteur.failAfter(Integer.MAX_VALUE);
        assertEquals(3, engine.generate(request(new int[] {1, 2}, 3)).result().tokens().size());
      }
      assertNothingLeft(model);
    }
    // A storm that spared nobody would show nothing.
    assertTrue(failures >= ENGINES * STRIKES_OF_ENGINE / 2, failures + " failed");
    assertTrue(cancelled > 50, cancelled + " cancelled");
    assertTrue(finished > 100, finished + " finished");
  }

  @Test
  void enginesCloseInTheMiddle() {
    int open = threads();
    for (int i = 0; i < CLOSED_ENGINES; i++) {
      TinyModel model = new TinyModel();
      Saboteur.failAfter(random.below(2) == 0 ? 1 + random.below(200) : Integer.MAX_VALUE);
      Engine engine = Engine.open(model, options(i, i % 2 == 0));
      List<Asked> asked = askSeveral(engine);
      for (int spin = random.below(20_000); spin > 0; spin--) {
        Thread.onSpinWait();
      }
      engine.close();
      for (Asked one : asked) {
        assertTrue(one.generation().isDone());
      }
      assertAllFree(engine);
      assertEquals(Map.of(), engine.memory());
      assertNothingLeft(model);
      engine.close();
    }
    assertEquals(open, threads(), "threads of engines");
  }

  private EngineOptions options(int variant, boolean deterministic) {
    return EngineOptions.builder()
        .backend("saboteur")
        .pluginLoader(PluginLoader.beside(folder, Saboteur.class))
        .threads(1 + variant % 2)
        .deterministic(deterministic)
        .blockSize(variant % 3 == 0 ? 1 : 16)
        .promptChunk(variant % 4 == 1 ? 3 : 0)
        .decodeThreshold(variant % 4 == 1 ? 1 : 128)
        .contextTokens(8)
        .maxSequenceLength(64)
        .cacheTokens(128)
        .maxTokensPerStep(32)
        .maxSequences(3)
        .build();
  }

  private List<Asked> askSeveral(Engine engine) {
    List<Asked> asked = new ArrayList<>();
    for (int i = 1 + random.below(6); i > 0; i--) {
      int seed = random.below(5);
      int[] prompt = new int[1 + random.below(40)];
      for (int j = 0; j < prompt.length; j++) {
        prompt[j] = (seed + 7 * j) % TinyModel.VOCABULARY;
      }
      int tokens = 1 + random.below(12);
      Generation generation = engine.generate(request(prompt, tokens));
      boolean cancel = random.below(5) == 0;
      if (cancel) {
        generation.cancel();
      }
      asked.add(new Asked(generation, seed + " " + prompt.length + " " + tokens, cancel));
    }
    return asked;
  }

  private static GenerationRequest request(int[] prompt, int tokens) {
    return GenerationRequest.builder(prompt).maxTokens(tokens).build();
  }

  private void check(Asked asked, boolean deterministic) {
    try {
      GenerationResult result = asked.generation().result();
      if (result.finishReason() == FinishReason.CANCELLED) {
        assertTrue(asked.cancelled());
        cancelled++;
      } else {
        finished++;
        if (deterministic) {
          List<Integer> first = alone.computeIfAbsent(asked.key(), _ -> result.tokens());
          assertEquals(first, result.tokens(), "the same request, whoever failed beside it");
        }
      }
    } catch (BackendException e) {
      failures++;
      assertEquals(ErrorCode.FORWARD_FAILED, e.code());
      assertTrue(
          String.valueOf(e.getMessage()).startsWith("Backend 'saboteur' failed in layer '"),
          e.getMessage());
      assertTrue(String.valueOf(e.getMessage()).contains("sabotage"), e.getMessage());
    }
    while (!asked.generation().isDone()) {
      Thread.onSpinWait(); // a cancelled one ends for its consumer first
    }
  }

  private static void assertAllFree(Engine engine) {
    EngineStatistics statistics = engine.statistics();
    assertEquals(statistics.totalBlocks(), statistics.freeBlocks());
    assertEquals(0, statistics.running());
    assertEquals(0, statistics.waiting());
  }

  private static void assertNothingLeft(TinyModel model) {
    assertEquals(0, model.openLeases(), "leases on weights");
    MemorySegment memory = Saboteur.lastMemory;
    assertFalse(memory != null && memory.scope().isAlive(), "memory of the engine");
  }

  private static int threads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("mla-tiny"))
            .count();
  }

  /** Runs ops as {@code cpu} does, until the call that is to fail. */
  public static final class Saboteur extends DelegatingBackend {
    private static final AtomicInteger CALLS_LEFT = new AtomicInteger(Integer.MAX_VALUE);

    /** Memory of the engine that ran last. */
    private static volatile @Nullable MemorySegment lastMemory;

    static void failAfter(int calls) {
      CALLS_LEFT.set(calls);
    }

    static boolean struck() {
      return CALLS_LEFT.get() <= 0;
    }

    @Override
    public String name() {
      return "saboteur";
    }

    @Override
    protected void before(Op op, StepDescription step, EngineContext context) {
      lastMemory = Objects.requireNonNull(step.tokenIds());
      if (CALLS_LEFT.decrementAndGet() == 0) {
        throw new IllegalStateException("sabotage of " + op.type());
      }
    }
  }
}
