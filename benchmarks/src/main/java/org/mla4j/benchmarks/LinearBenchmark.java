package org.mla4j.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
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
 * {@code linear}, 2048 x 2048. As in a model, each call has weights of its own, together more than
 * a cache holds: one token measures memory, 64 tokens measure arithmetic.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class LinearBenchmark {
  private static final int WIDTH = 2048;
  private static final int LAYERS = 16;

  /** Which kernels. */
  @Param({"vector", "scalar"})
  public String kernels = "";

  /** How many threads. */
  @Param("2")
  public int threads;

  /** Element type of the weights. */
  @Param({"BF16", "F32"})
  public DType weights = DType.F32;

  /** 1 is decode, more are prefill. */
  @Param({"1", "64"})
  public int tokens;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private KernelBench bench;

  private Kernel[] layers = {};
  private int next;

  /** Makes the layers. */
  @Setup
  public void setUp() {
    bench = new KernelBench(kernels, threads, tokens, tokens);
    bench.fillStep(Phase.PREFILL, 0, tokens);
    StepValue x = StepValue.buffer("x", DType.F32, Rows.ALL, WIDTH);
    StepValue out = StepValue.buffer("out", DType.F32, Rows.ALL, WIDTH);
    layers =
        IntStream.range(0, LAYERS)
            .mapToObj(i -> new Linear(x, bench.weight(weights, WIDTH, WIDTH), null, out))
            .map(bench::create)
            .toArray(Kernel[]::new);
  }

  /** One layer. */
  @Benchmark
  public void linear() {
    bench.run(layers[next]);
    next = (next + 1) % layers.length;
  }

  /** Ends the threads. */
  @TearDown
  public void tearDown() {
    bench.close();
  }
}
