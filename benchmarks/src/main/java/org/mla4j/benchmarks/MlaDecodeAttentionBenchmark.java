package org.mla4j.benchmarks;

import java.util.concurrent.TimeUnit;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
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

/** {@code mla_decode_attention} of one token with the dimensions of DeepSeek-V2-Lite. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class MlaDecodeAttentionBenchmark {
  private static final int HEADS = 16;
  private static final int LATENT = 512;
  private static final int ROPE = 64;
  private static final double SCALE = 0.07;

  /** Which kernels. */
  @Param({"vector", "scalar"})
  public String kernels = "";

  /** How many threads. */
  @Param("2")
  public int threads;

  /** Element type of the cache. */
  @Param({"BF16", "F32"})
  public DType cells = DType.F32;

  /** Tokens in the cache. */
  @Param({"1024", "4096"})
  public int context;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private KernelBench bench;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private Kernel kernel;

  /** Makes the kernel. */
  @Setup
  public void setUp() {
    bench = new KernelBench(kernels, threads, 1, context);
    bench.fillStep(Phase.DECODE, context - 1, 1);
    kernel =
        bench.create(
            new MlaDecodeAttention(
                StepValue.buffer("q_latent", DType.F32, Rows.DECODE, HEADS, LATENT),
                StepValue.buffer("q_pe", DType.F32, Rows.DECODE, HEADS, ROPE),
                new CacheValue("cache", "layer", CacheSpec.mla(LATENT, ROPE, cells)),
                SCALE,
                StepValue.buffer("o_latent", DType.F32, Rows.DECODE, HEADS, LATENT),
                null));
  }

  /** One token. */
  @Benchmark
  public void decode() {
    bench.run(kernel);
  }

  /** Ends the threads. */
  @TearDown
  public void tearDown() {
    bench.close();
  }
}
