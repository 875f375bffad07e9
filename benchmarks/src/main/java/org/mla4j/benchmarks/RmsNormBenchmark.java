package org.mla4j.benchmarks;

import java.util.concurrent.TimeUnit;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.RmsNorm;
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

/** {@code rms_norm} of rows of 2048 elements. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class RmsNormBenchmark {
  private static final int WIDTH = 2048;

  /** Which kernels. */
  @Param({"vector", "scalar"})
  public String kernels = "";

  /** How many threads. */
  @Param("2")
  public int threads;

  /** How many rows. */
  @Param({"1", "64"})
  public int tokens;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private KernelBench bench;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private Kernel kernel;

  /** Makes the kernel. */
  @Setup
  public void setUp() {
    bench = new KernelBench(kernels, threads, tokens, tokens);
    bench.fillStep(Phase.PREFILL, 0, tokens);
    StepValue x = StepValue.buffer("x", DType.F32, Rows.ALL, WIDTH);
    StepValue out = StepValue.buffer("out", DType.F32, Rows.ALL, WIDTH);
    kernel = bench.create(new RmsNorm(x, bench.weight(DType.F32, WIDTH), 1e-6, 1, out));
  }

  /** All rows. */
  @Benchmark
  public void rmsNorm() {
    bench.run(kernel);
  }

  /** Ends the threads. */
  @TearDown
  public void tearDown() {
    bench.close();
  }
}
