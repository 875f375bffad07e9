package org.mla4j.benchmarks.report;

import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.stat.regression.SimpleRegression;
import org.mla4j.benchmarks.report.Bench.Bound;
import org.mla4j.benchmarks.report.Bench.Limits;
import org.mla4j.benchmarks.report.Bench.Test;

/**
 * How the time of a token grows with the tokens in the cache.
 *
 * @param tests one token after another, at several depths
 * @param line the straight line nearest to their seconds
 * @param slopeOfBound seconds that a token in the cache costs at the least: the longer of the time
 *     to read its row and that to compute with it
 */
record Growth(List<Test> tests, SimpleRegression line, double slopeOfBound) {
  /** Empty if there are not two depths with bounds. */
  static Optional<Growth> of(Bench bench) {
    List<Test> tests =
        bench.tests().stream().filter(each -> each.isDecode() && each.bound().isPresent()).toList();
    if (tests.size() < 2 || bench.limits().isEmpty()) {
      return Optional.empty();
    }
    SimpleRegression line = new SimpleRegression();
    SimpleRegression bytes = new SimpleRegression();
    SimpleRegression flops = new SimpleRegression();
    for (Test test : tests) {
      Bound bound = test.bound().orElseThrow();
      line.addData(tokens(test), test.seconds());
      bytes.addData(tokens(test), bound.cacheBytesPerToken());
      flops.addData(tokens(test), bound.flopsPerToken());
    }
    Limits machine = bench.limits().getFirst();
    double slopeOfBound =
        Math.max(
            bytes.getSlope() / machine.bytesPerSecond(),
            flops.getSlope() / machine.flopsPerSecond());
    return Optional.of(new Growth(tests, line, slopeOfBound));
  }

  /** Tokens in the cache, on average over a test. */
  static double tokens(Test test) {
    return test.depth() + test.generated() / 2.0;
  }

  /** How many times as fast as its bound the time grows. */
  double overBound() {
    return line.getSlope() / slopeOfBound;
  }

  /** The largest distance of a test from the line, as a share of its time. */
  double bend() {
    return tests.stream()
        .mapToDouble(each -> Math.abs(line.predict(tokens(each)) / each.seconds() - 1))
        .max()
        .orElseThrow();
  }
}
