package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.Engine;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationRequest;
import org.mla4j.core.options.EngineOptions;

/**
 * A decode step of a whole DeepSeek-V3, experts and sampling included and with several sequences at
 * once, allocates nothing on any thread of the engine once it is compiled.
 */
@Tag("allocation")
@Timeout(300)
class DemoSteadyStateTest {
  private static final int CLEAN_STEPS = 100;
  private static final int TOKENS = 1500;
  private static final int MOST_ROUNDS = 20;

  @ParameterizedTest(name = "cpu:vector={0}")
  @ValueSource(strings = {"auto", "off"})
  void aDecodeStepAllocatesNothing(String vector) {
    EngineOptions options =
        EngineOptions.builder().threads(2).backendOption("cpu:vector", vector).build();
    try (LanguageModel model = LanguageModel.open(TestData.demoModel());
        Engine engine = Engine.open(model.definition(), options)) {
      boolean clean = false;
      for (int round = 0; round < MOST_ROUNDS && !clean; round++) {
        List<Generation> running = List.of(start(engine, Sampling.GREEDY), start(engine, warm()));
        clean = hasCleanStretch(engine, running);
        running.forEach(Generation::close);
      }
      assertTrue(clean, "every stretch of " + CLEAN_STEPS + " steps allocated");
    }
  }

  private static Sampling warm() {
    return new Sampling(0.8f, 40, 0.95f, 0.01f);
  }

  private static Generation start(Engine engine, Sampling sampling) {
    return engine.generate(
        GenerationRequest.builder(635, 1, 2, 3).maxTokens(TOKENS).sampling(sampling).build());
  }

  private static boolean hasCleanStretch(Engine engine, List<Generation> running) {
    while (running.stream().noneMatch(Generation::isDone)) {
      long steps = engine.statistics().steps();
      long bytes = allocatedByEngineThreads();
      while (engine.statistics().steps() < steps + CLEAN_STEPS
          && running.stream().noneMatch(Generation::isDone)) {
        Thread.onSpinWait();
      }
      if (allocatedByEngineThreads() == bytes && running.stream().noneMatch(Generation::isDone)) {
        return true;
      }
    }
    return false;
  }

  private static long allocatedByEngineThreads() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("mla-"))
            .mapToLong(Thread::threadId)
            .toArray();
    assertTrue(ids.length >= 2, "expected an engine thread and a worker, found " + ids.length);
    return Arrays.stream(threads.getThreadAllocatedBytes(ids)).sum();
  }
}
