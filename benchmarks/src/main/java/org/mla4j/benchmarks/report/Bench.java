package org.mla4j.benchmarks.report;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code mla bench --output json} writes, as far as the page shows it.
 *
 * @param model name of the model
 * @param fileBytes size of its file
 * @param cacheType type of its cache
 * @param starts how long it took to begin
 * @param peakMemoryBytes the most memory that the process had
 * @param limits of the machine; empty where they were not asked for
 * @param tests what ran
 */
record Bench(
    String model,
    long fileBytes,
    String cacheType,
    List<Start> starts,
    @Nullable Long peakMemoryBytes,
    List<Limits> limits,
    List<Test> tests) {

  /** Seconds until the model is open, can run, and has answered. */
  record Start(double openSeconds, double readySeconds, double firstTokenSeconds) {}

  /** What the machine can do. */
  record Limits(double bytesPerSecond, double flopsPerSecond) {}

  /** A test, and its tokens per second. */
  record Test(
      String test,
      int threads,
      int prompt,
      int generated,
      int depth,
      double median,
      @Nullable Bound roofline) {
    /** Whether it is tokens one after another. */
    boolean isDecode() {
      return prompt == 0;
    }

    /** Seconds of a token. */
    double seconds() {
      return 1 / median;
    }

    Optional<Bound> bound() {
      return Optional.ofNullable(roofline);
    }
  }

  /** What a test did by the token, and how near it came to what the machine can do. */
  record Bound(
      double weightBytesPerToken,
      double cacheBytesPerToken,
      double flopsPerToken,
      String bound,
      double ofBound,
      double outsideShare,
      List<OpShare> ops) {}

  /** A type of op. */
  record OpShare(String op, double share, @Nullable Double ofBound) {}
}
