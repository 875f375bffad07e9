package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.BlockModel;
import org.mla4j.core.testing.TinyModel;

/** A step of decode tokens, a piece of a prompt with its context in passes, and a new prompt. */
@Tag("allocation")
@Timeout(600)
class MixedStepAllocationTest {
  private static final int STEPS = 100;

  /** By the clock, not by steps: on a busy machine many go by before the compiler gets to work. */
  private static final Duration PATIENCE = Duration.ofSeconds(200);

  /** Now and then the compiler gets a processor to itself: on a busy machine it lags behind. */
  private static final int STRETCHES_BETWEEN_PAUSES = 10;

  private static final long PAUSE_MILLIS = 50;

  @ParameterizedTest(name = "cpu:vector={0}")
  @ValueSource(strings = {"auto", "off"})
  void allocatesNothing(String vector) throws InterruptedException {
    allocatesNothing(vector, new TinyModel());
  }

  @ParameterizedTest(name = "cpu:vector={0}")
  @ValueSource(strings = {"auto", "off"})
  void allocatesNothingForBlocks(String vector) throws InterruptedException {
    allocatesNothing(vector, BlockModel.of(DType.Q4_K, DType.Q8_0, DType.Q6_K, DType.Q4_0));
  }

  private static void allocatesNothing(String vector, ModelDefinition model)
      throws InterruptedException {
    EngineOptions options =
        EngineOptions.builder()
            .threads(1)
            .backendOption("cpu:vector", vector)
            .contextTokens(16)
            .build();
    try (StepRunner runner = StepRunner.build(model, options)) {
      int[] ids = new int[64];
      int[][] blocks = {{1, 2}, {3, 4, 5, 6}, {7}};
      long allocated = run(runner, ids, blocks);
      long start = System.nanoTime();
      for (int i = 1; allocated > 0 && System.nanoTime() - start < PATIENCE.toNanos(); i++) {
        if (i % STRETCHES_BETWEEN_PAUSES == 0) {
          Thread.sleep(PAUSE_MILLIS);
        }
        allocated = run(runner, ids, blocks);
      }
      assertEquals(0, allocated, "bytes in the last " + STEPS + " steps");
    }
  }

  private static long run(StepRunner runner, int[] ids, int[][] blocks) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < STEPS; i++) {
      StepDescription step = runner.step();
      step.clear();
      step.addSequence(Phase.DECODE, 20, ids, 20, 1, blocks[0], 2);
      step.wantLastLogits(Sampling.GREEDY, 0);
      step.addSequence(Phase.PREFILL, 40, ids, 40, 8, blocks[1], 4);
      step.addSequence(Phase.PREFILL, 0, ids, 0, 5, blocks[2], 1);
      step.wantLastLogits(Sampling.GREEDY, 0);
      runner.run();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
