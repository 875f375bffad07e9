package org.mla4j.models.measure;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.measure.PaceTest;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;

/**
 * What is to be measured of a model, and how often. Immutable.
 *
 * @param tests the tests; those that begin with the same depth and batch share what is in the cache
 *     if they are neighbours
 * @param repetitions how often each is measured
 * @param warmups how often each is run before, and on until {@link #LEAST_WARMUP} is over; 0 for
 *     not at all
 * @param roofline whether to find out what bounds each test, by one more run of it whose ops are
 *     timed, and by measuring what the machine can do
 */
public record Benchmark(List<PaceTest> tests, int repetitions, int warmups, boolean roofline) {
  /** Tokens of the prompt before the first token that is told of in {@link Start}. */
  public static final int FIRST_PROMPT = 8;

  /** How long a test is run before it is measured: the compiler needs its time. */
  public static final Duration LEAST_WARMUP = Duration.ofSeconds(2);

  /**
   * Copies the list and checks the numbers.
   *
   * @throws InvalidInputException if there are no tests or no repetitions
   */
  public Benchmark {
    tests = List.copyOf(tests);
    require(!tests.isEmpty(), "no tests; expected at least one");
    require(repetitions >= 1, "repetitions = " + repetitions + "; expected 1 or more");
    require(warmups >= 0, "warmups = " + warmups + "; expected 0 or more");
  }

  /**
   * Opens a model, measures it and closes it.
   *
   * <p>Threading: everything but the computation runs on the caller's thread.
   *
   * @param opener opens the model, which is part of what is measured
   * @param engines what an engine would be opened with, one after the other; limits are replaced by
   *     what the tests need
   * @param progress told about repetitions and about the filling of caches
   * @return the report
   * @throws InvalidInputException if a test does not fit the model, or the limits of this machine
   *     are asked for and cannot be measured
   * @throws org.mla4j.api.error.MlaException if the model or an engine cannot be opened, or a
   *     backend fails
   */
  public BenchmarkReport run(
      Supplier<LanguageModel> opener, List<EngineOptions> engines, ProgressListener progress) {
    return new BenchmarkRun(this, progress).report(opener, engines);
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new InvalidInputException(ErrorCode.INVALID_REQUEST, "Benchmark: " + problem + ".");
    }
  }
}
