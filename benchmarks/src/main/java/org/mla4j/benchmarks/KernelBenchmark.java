package org.mla4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One op on one step. Kernels come from the {@code cpu} backend as an engine gets them. As in a
 * model, each call has weights and caches of its own, together more than a processor's caches hold.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public abstract class KernelBenchmark {
  /** What layers read between two calls on the same memory. */
  private static final double BEYOND_CACHES = 1 << 28;

  /** Which kernels: {@code vector} for the best there are, or {@code scalar}. */
  @Param("vector")
  public String kernels = "";

  /** How many threads. */
  @Param("2")
  public int threads;

  private final List<Kernel> layers = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private KernelBench bench;

  private int next;

  /** Makes the engine, and a step with one sequence: so many new tokens after so many. */
  final KernelBench open(Phase phase, int cached, int tokens) {
    bench = new KernelBench(kernels, threads, tokens, cached + tokens);
    bench.fillStep(phase, cached, tokens);
    return bench;
  }

  /**
   * Makes the kernels.
   *
   * @param work of one call
   * @param own bytes of weights and caches that a call does not share with others
   * @param op the op of a layer
   */
  final void layers(Work work, double own, IntFunction<Op> op) {
    int count = own == 0 ? 1 : (int) Math.ceil(BEYOND_CACHES / own);
    for (int i = 0; i < count; i++) {
      layers.add(bench.create(op.apply(i)));
    }
    work.declare(threads);
  }

  /** A buffer of F32 elements. */
  static StepValue buffer(String name, Rows rows, long... extents) {
    return StepValue.buffer(name, DType.F32, rows, extents);
  }

  /** One call. */
  @Benchmark
  public void call() {
    bench.run(layers.get(next));
    next = next + 1 == layers.size() ? 0 : next + 1;
  }

  /** Frees everything. */
  @TearDown
  public void tearDown() {
    bench.close();
  }
}
