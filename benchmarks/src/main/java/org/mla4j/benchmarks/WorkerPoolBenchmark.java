package org.mla4j.benchmarks;

import java.util.concurrent.TimeUnit;
import org.mla4j.api.backend.ParallelFor.Body;
import org.mla4j.core.parallel.WorkerPool;
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

/** What a parallel loop costs when its tasks do nothing: the price of splitting a kernel. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class WorkerPoolBenchmark {
  /** How many threads, the caller included. */
  @Param({"1", "2"})
  public int threads;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private WorkerPool pool;

  private final Body nothing = (task, worker) -> {};

  /** Starts the threads. */
  @Setup
  public void setUp() {
    pool = new WorkerPool("bench", threads);
  }

  /** One task for each thread. */
  @Benchmark
  public void emptyLoop() {
    pool.run(threads, nothing);
  }

  /** Ends the threads. */
  @TearDown
  public void tearDown() {
    pool.close();
  }
}
