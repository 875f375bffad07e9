package org.mla4j.benchmarks.bound;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.api.backend.ParallelFor.Body;
import org.mla4j.core.cpu.vector.PeakLoops;
import org.mla4j.core.parallel.WorkerPool;

/**
 * Measures how fast this machine reads memory and multiplies, with so many threads. A measurement
 * takes a tenth of a second, short enough to repeat it between the iterations of a benchmark: what
 * a shared machine can do changes within minutes.
 */
final class Roofline implements AutoCloseable {
  /** More than caches hold. */
  private static final long BYTES = 1L << 29;

  /** Bytes of one call of the loop: many calls, so that it is compiled as a whole. */
  private static final long CHUNK = 1L << 18;

  private static final int PASSES = 5;
  private static final int CALLS = 500;
  private static final int ROUNDS = 2_000;

  /** As many as compile the loops. */
  private static final int WARMUPS = 10;

  private final int threads;
  private final WorkerPool pool;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory = arena.allocate(BYTES, 64);
  private final float[] results;

  /**
   * What the machine can do.
   *
   * @param bytesPerSecond read from memory
   * @param flopsPerSecond in registers
   */
  record Limits(double bytesPerSecond, double flopsPerSecond) {}

  Roofline(int threads) {
    this.threads = threads;
    pool = new WorkerPool("bound", threads);
    results = new float[threads];
    memory.fill((byte) 0);
    for (int i = 0; i < WARMUPS; i++) {
      measure();
    }
  }

  /** Measures both, the median of a few passes each. */
  Limits measure() {
    int chunks = Math.toIntExact(BYTES / threads / CHUNK);
    double read = seconds((task, worker) -> results[worker] += read((long) task * chunks, chunks));
    double multiply = seconds((task, worker) -> results[worker] += multiplyAdd());
    return new Limits(
        (double) threads * chunks * CHUNK / read,
        (double) threads * CALLS * ROUNDS * PeakLoops.flopsPerRound() / multiply);
  }

  private float read(long first, int chunks) {
    int rounds = Math.toIntExact(CHUNK / PeakLoops.bytesPerRound());
    float sum = 0;
    for (int i = 0; i < chunks; i++) {
      sum += PeakLoops.read(memory, (first + i) * CHUNK, rounds);
    }
    return sum;
  }

  private static float multiplyAdd() {
    float sum = 0;
    for (int i = 0; i < CALLS; i++) {
      sum += PeakLoops.multiplyAdd(ROUNDS);
    }
    return sum;
  }

  private double seconds(Body body) {
    long[] nanos = new long[PASSES];
    for (int i = 0; i < PASSES; i++) {
      long start = System.nanoTime();
      pool.run(threads, body);
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    return nanos[PASSES / 2] / 1e9;
  }

  /** Fails if sums are no numbers, which a processor might add at another pace. */
  @Override
  public void close() {
    for (float result : results) {
      if (!Float.isFinite(result)) {
        throw new IllegalStateException("sum " + result + "; expected a finite number");
      }
    }
    pool.close();
    arena.close();
  }
}
