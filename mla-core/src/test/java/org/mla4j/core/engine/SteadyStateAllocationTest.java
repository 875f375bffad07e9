package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.TinyModel;

/**
 * A decode step in steady state allocates nothing on any thread of the engine. Vector code
 * allocates until it is compiled, so the test waits for a stretch of steps without allocation; code
 * that allocates in every step never has one.
 */
@Tag("allocation")
@Timeout(300)
class SteadyStateAllocationTest {
  private static final int CLEAN_STEPS = 500;
  private static final int POSITIONS = 200_000;

  @ParameterizedTest(name = "cpu:vector={0}, {1}")
  @CsvSource({"auto, EAGER", "off, EAGER", "off, GRAPH"})
  void aDecodeStepAllocatesNothing(String vector, ExecutionMode execution) {
    EngineOptions options =
        EngineOptions.builder()
            .threads(2)
            .execution(execution)
            .backendOption("cpu:vector", vector)
            .cacheDType(DType.BF16)
            .maxSequenceLength(POSITIONS)
            .cacheTokens(POSITIONS)
            .build();
    try (Engine engine = Engine.open(new TinyModel(POSITIONS), options)) {
      Generation generation =
          engine.generate(GenerationRequest.builder(1, 2, 3).maxTokens(POSITIONS).build());
      assertTrue(
          hasCleanStretch(engine, generation),
          "every stretch of " + CLEAN_STEPS + " steps allocated");
      generation.cancel();
    }
  }

  private static boolean hasCleanStretch(Engine engine, Generation generation) {
    while (!generation.isDone()) {
      long stepsBefore = engine.statistics().steps();
      long bytesBefore = allocatedByEngineThreads();
      while (engine.statistics().steps() < stepsBefore + CLEAN_STEPS && !generation.isDone()) {
        Thread.onSpinWait();
      }
      if (allocatedByEngineThreads() == bytesBefore) {
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
