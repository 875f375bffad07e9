package org.mla4j.benchmarks;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One attention layer of DeepSeek-V2-Lite on a piece of a prompt, in both algebraic forms: what
 * deterministic mode costs, which has the absorbed one only, and where {@code decodeThreshold}
 * belongs.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class PromptFormBenchmark {
  /** New tokens of the piece. */
  @Param({"32", "128", "512"})
  public int piece;

  /** Tokens in the cache before it. */
  @Param({"0", "1024"})
  public int context;

  /** How many threads. */
  @Param("2")
  public int threads;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private StepRunner runner;

  /** Makes the layer. */
  @Setup
  public void setUp() {
    EngineOptions options =
        EngineOptions.builder()
            .threads(threads)
            .maxTokensPerStep(512)
            .maxSequenceLength(2048)
            .maxSequences(1)
            .build();
    runner = StepRunner.build(new OneLayerModel(), options);
  }

  /** Keys and values decompressed, those of the context in passes. */
  @Benchmark
  public void decompressed() {
    run(Phase.PREFILL);
  }

  /** Queries absorbed, in latent space over the cache. */
  @Benchmark
  public void absorbed() {
    run(Phase.DECODE);
  }

  private void run(Phase phase) {
    StepDescription step = runner.step();
    int[] blocks = new int[Math.ceilDiv(context + piece, runner.limits().blockSize())];
    Arrays.setAll(blocks, i -> i + 1);
    step.clear();
    step.addSequence(phase, context, new int[piece], 0, piece, blocks, blocks.length);
    step.wantLastLogits(Sampling.GREEDY, 0);
    runner.run();
  }

  /** Ends the threads. */
  @TearDown
  public void tearDown() {
    runner.close();
  }
}
