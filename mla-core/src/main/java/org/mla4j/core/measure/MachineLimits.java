package org.mla4j.core.measure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.mla4j.api.backend.ParallelFor.Body;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.cpu.VectorProbe;
import org.mla4j.core.cpu.vector.PeakLoops;
import org.mla4j.core.parallel.WorkerPool;

/**
 * What this machine can do at best, measured with the vectors and the threads that kernels use.
 *
 * @param threads how many threads did it together
 * @param bytesPerSecond bytes read from memory, F32 elements added up
 * @param flopsPerSecond floating-point operations of products with sums, in F32 and in registers
 * @param readBytes how much memory was read for that; where the processor's caches hold much of it,
 *     the first number is theirs
 */
public record MachineLimits(
    int threads, double bytesPerSecond, double flopsPerSecond, long readBytes) {
  private static final long LARGEST = 1L << 30;
  private static final long SMALLEST = 1L << 26;

  /** Bytes of a task: long against the start of one, short against the whole. */
  private static final long TASK = 1L << 22;

  private static final int ROUNDS = 2_000_000;
  private static final int PASSES = 7;

  /** The first passes are slow, until the loop is compiled. */
  private static final long LEAST_NANOS = 400_000_000;

  /** Keeps C2 from leaving out a loop whose result nobody wants. */
  private static final class Results {
    private final float[] ofWorker;

    Results(int threads) {
      ofWorker = new float[threads];
    }
  }

  /**
   * Measures, which takes about a second and up to 1 GiB outside the heap, less where that is not
   * to be had.
   *
   * @param threads how many threads
   * @return the best of several passes
   * @throws InvalidInputException if the Vector API is not in this JVM, or not 64 MiB of memory are
   *     left
   */
  public static MachineLimits measure(int threads) {
    requireMeasurable();
    try (WorkerPool pool = new WorkerPool("limits", threads);
        Arena arena = Arena.ofShared()) {
      MemorySegment memory = allocate(arena);
      Results results = new Results(threads);
      int tasks = (int) (memory.byteSize() / TASK);
      int roundsOfTask = (int) (TASK / PeakLoops.bytesPerRound());
      // By the threads that read it: where memory has parts, each then has its own near.
      pool.run(tasks, (task, worker) -> memory.asSlice(task * TASK, TASK).fill((byte) 0));
      double read =
          best(
              pool,
              tasks,
              (task, worker) ->
                  results.ofWorker[worker] += PeakLoops.read(memory, task * TASK, roundsOfTask));
      double multiply =
          best(
              pool,
              threads,
              (task, worker) -> results.ofWorker[worker] += PeakLoops.multiplyAdd(ROUNDS));
      requireNumbers(results);
      return new MachineLimits(
          threads,
          tasks * TASK / read,
          (double) threads * ROUNDS * PeakLoops.flopsPerRound() / multiply,
          memory.byteSize());
    }
  }

  /**
   * Makes sure that this JVM can measure.
   *
   * @throws InvalidInputException if the Vector API is not in it, or it compiles nothing
   */
  public static void requireMeasurable() {
    VectorSupport vectors = VectorProbe.probe().support();
    if (!vectors.usable()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "The limits of this machine cannot be measured: " + vectors.detail() + ".");
    }
  }

  private static MemorySegment allocate(Arena arena) {
    for (long size = LARGEST; ; size /= 2) {
      try {
        return arena.allocate(size, ValueLayout.JAVA_FLOAT.byteAlignment() * 16);
      } catch (OutOfMemoryError e) {
        if (size <= SMALLEST) {
          throw new InvalidInputException(
              ErrorCode.INVALID_REQUEST,
              "The limits of this machine cannot be measured: no "
                  + SMALLEST
                  + " bytes outside the heap are left.",
              e);
        }
      }
    }
  }

  /** Seconds of the fastest pass: whatever else runs makes one slower, nothing makes it faster. */
  private static double best(WorkerPool pool, int tasks, Body body) {
    long best = Long.MAX_VALUE;
    long all = 0;
    for (int pass = 0; pass < PASSES || all < LEAST_NANOS; pass++) {
      long start = System.nanoTime();
      pool.run(tasks, body);
      long nanos = System.nanoTime() - start;
      best = Math.min(best, nanos);
      all += nanos;
    }
    return best / 1e9;
  }

  private static void requireNumbers(Results results) {
    for (float result : results.ofWorker) {
      if (!Float.isFinite(result)) {
        throw new IllegalStateException(
            "sums of " + Arrays.toString(results.ofWorker) + "; expected finite numbers");
      }
    }
  }
}
