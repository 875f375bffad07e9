package org.mla4j.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.models.measure.Benchmark;
import org.mla4j.models.measure.BenchmarkReport;
import org.mla4j.models.measure.Roofline;
import org.mla4j.models.measure.Start;
import org.mla4j.models.measure.TestResult;

/**
 * A benchmark as {@code --output json} writes it.
 *
 * @param model name of the model
 * @param fileBytes bytes of its files
 * @param parameters elements of its weights
 * @param weightType the type that most bytes of its weights have
 * @param cacheType type of its caches, as {@code --cache-dtype} takes it
 * @param backend who runs the plan; more than one are separated by commas
 * @param repetitions how often each test was measured
 * @param warmups how often each was run before
 * @param starts how long it took to begin, for each number of threads
 * @param peakMemoryBytes the most memory that this process had, pages of mapped files included;
 *     null where the operating system does not tell
 * @param limits what the machine can do, for each number of threads; empty without {@code
 *     --roofline}
 * @param tests one for each number of threads and test
 */
record BenchSummary(
    String model,
    long fileBytes,
    long parameters,
    String weightType,
    String cacheType,
    String backend,
    int repetitions,
    int warmups,
    List<Start> starts,
    @Nullable Long peakMemoryBytes,
    List<MachineLimits> limits,
    List<Test> tests) {

  /**
   * How fast a test ran, in tokens per second, those of all sequences.
   *
   * @param test its name
   * @param threads threads that compute
   * @param prompt tokens of the prompt
   * @param generated tokens of the answer
   * @param depth tokens in the cache before
   * @param batch sequences at once
   * @param mean of the samples
   * @param standardDeviation of the samples
   * @param median of the samples
   * @param samples one for each repetition
   * @param roofline what bounds it; null without {@code --roofline}
   */
  record Test(
      String test,
      int threads,
      int prompt,
      int generated,
      int depth,
      int batch,
      double mean,
      double standardDeviation,
      double median,
      List<Double> samples,
      @Nullable Bound roofline) {
    private static Test of(TestResult result) {
      return new Test(
          result.test().name(),
          result.threads(),
          result.test().prompt(),
          result.test().generated(),
          result.test().depth(),
          result.test().batch(),
          result.tokensPerSecond().mean(),
          result.tokensPerSecond().standardDeviation(),
          result.tokensPerSecond().median(),
          result.tokensPerSecond().values(),
          result.roofline() == null ? null : Bound.of(result.roofline()));
    }
  }

  /**
   * How near a test comes to what the machine can do; see {@link Roofline}.
   *
   * @param weightBytesPerToken bytes of weights, by the token
   * @param cacheBytesPerToken bytes of cache rows, by the token
   * @param flopsPerToken floating-point operations, by the token
   * @param bytesPerSecond what was read
   * @param flopsPerSecond what was computed
   * @param ofBandwidth the first as a share of what the machine can read
   * @param ofPeak the second as a share of what it can compute
   * @param bound {@code memory} or {@code compute}, whichever of the two is nearer
   * @param ofBound the larger of the two shares
   * @param outsideShare share of time in which no kernel ran
   * @param ops where the rest of the time went
   * @param uncounted types of op that are left out of bytes and operations
   */
  record Bound(
      double weightBytesPerToken,
      double cacheBytesPerToken,
      double flopsPerToken,
      double bytesPerSecond,
      double flopsPerSecond,
      double ofBandwidth,
      double ofPeak,
      String bound,
      double ofBound,
      double outsideShare,
      List<OpShare> ops,
      List<String> uncounted) {
    private static Bound of(Roofline roofline) {
      return new Bound(
          roofline.weightBytesPerToken(),
          roofline.cacheBytesPerToken(),
          roofline.flopsPerToken(),
          roofline.bytesPerSecond(),
          roofline.flopsPerSecond(),
          roofline.ofBandwidth(),
          roofline.ofPeak(),
          roofline.isBoundByMemory() ? "memory" : "compute",
          roofline.ofBound(),
          roofline.outsideShare(),
          roofline.ops().stream().map(OpShare::of).toList(),
          roofline.uncounted());
    }
  }

  /**
   * A type of op.
   *
   * @param op its name
   * @param runs how often one ran
   * @param share of the time of all steps
   * @param bytesPerSecond weights and cache rows read while it ran; null if nobody knows
   * @param flopsPerSecond operations while it ran; null if nobody knows
   * @param ofBound the larger of the two as a share of what the machine can do; null if nobody
   *     knows
   */
  record OpShare(
      String op,
      long runs,
      double share,
      @Nullable Double bytesPerSecond,
      @Nullable Double flopsPerSecond,
      @Nullable Double ofBound) {
    private static OpShare of(Roofline.OpShare share) {
      return new OpShare(
          share.op(),
          share.runs(),
          share.share(),
          known(share.bytesPerSecond()),
          known(share.flopsPerSecond()),
          known(share.ofBound()));
    }

    /** NaN is no JSON. */
    private static @Nullable Double known(double value) {
      return Double.isNaN(value) ? null : value;
    }
  }

  static BenchSummary of(BenchmarkReport report, Benchmark benchmark) {
    return new BenchSummary(
        report.model(),
        report.fileBytes(),
        report.parameters(),
        report.weightType(),
        report.cacheType(),
        report.backend(),
        benchmark.repetitions(),
        benchmark.warmups(),
        report.starts(),
        report.peakMemoryBytes().isPresent() ? report.peakMemoryBytes().getAsLong() : null,
        report.limits(),
        report.results().stream().map(Test::of).toList());
  }

  /** How long it took to begin with so many threads. */
  Start start(int threads) {
    return starts.stream().filter(start -> start.threads() == threads).findFirst().orElseThrow();
  }
}
