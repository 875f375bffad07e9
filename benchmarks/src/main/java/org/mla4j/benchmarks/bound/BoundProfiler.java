package org.mla4j.benchmarks.bound;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.benchmarks.bound.Roofline.Limits;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Puts a benchmark's time beside what the machine could do at the same time: {@code -prof
 * org.mla4j.benchmarks.bound.BoundProfiler}. Before and after each iteration it measures how fast
 * memory is read and products are added, and reports, of the {@link Work} that the benchmark
 * declared, the shares of both that were reached. The larger one says what the kernel is bound by,
 * and how near it comes.
 */
public final class BoundProfiler implements InternalProfiler {
  /** Bytes per second of the machine, in 10^9. */
  public static final String BANDWIDTH = "bound.bandwidth";

  /** Floating-point operations per second of the machine, in 10^9. */
  public static final String PEAK = "bound.peak";

  /** Bytes per second of the benchmark over those of the machine. */
  public static final String SHARE_OF_BANDWIDTH = "share.bandwidth";

  /** Operations per second of the benchmark over those of the machine. */
  public static final String SHARE_OF_PEAK = "share.peak";

  private @Nullable Roofline roofline;
  private @Nullable Limits before;

  /** Used by JMH. */
  public BoundProfiler() {}

  @Override
  public String getDescription() {
    return "Share of what the machine can do, measured between iterations";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    Work.Declared declared = Work.declared();
    before = declared == null ? null : limits(declared.threads());
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    Work.Declared declared = Work.declared();
    if (declared == null) {
      return List.of();
    }
    Limits after = limits(declared.threads());
    Limits first = before == null ? after : before;
    double bandwidth = (first.bytesPerSecond() + after.bytesPerSecond()) / 2;
    double peak = (first.flopsPerSecond() + after.flopsPerSecond()) / 2;
    double seconds =
        result.getPrimaryResult().getScore() * benchmark.getTimeUnit().toNanos(1) / 1e9;
    return List.of(
        scalar(BANDWIDTH, bandwidth / 1e9, "GB/s"),
        scalar(PEAK, peak / 1e9, "GFLOP/s"),
        scalar(SHARE_OF_BANDWIDTH, declared.work().bytes() / seconds / bandwidth, "of bound"),
        scalar(SHARE_OF_PEAK, declared.work().flops() / seconds / peak, "of bound"));
  }

  private Limits limits(int threads) {
    if (roofline == null) {
      roofline = new Roofline(threads);
    }
    return roofline.measure();
  }

  private static ScalarResult scalar(String label, double value, String unit) {
    return new ScalarResult(label, value, unit, AggregationPolicy.AVG);
  }
}
