package org.mla4j.benchmarks.peer;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Times of one test, taken in turns.
 *
 * @param test the test's name
 * @param ours seconds of MLA4J
 * @param theirs seconds of the peer, each right after the one of MLA4J at the same index
 */
public record PairedTimes(String test, List<Double> ours, List<Double> theirs) {
  /**
   * Returns how fast MLA4J is.
   *
   * @return tokens per second
   */
  public Statistics ourRate() {
    return rate(ours);
  }

  /**
   * Returns how fast the peer is.
   *
   * @return tokens per second
   */
  public Statistics theirRate() {
    return rate(theirs);
  }

  /**
   * Returns how many times as fast as the peer MLA4J is.
   *
   * @return the ratio of the medians
   */
  public double ratioOfMedians() {
    return ourRate().median() / theirRate().median();
  }

  /**
   * Returns how many times as fast as the peer MLA4J is in single rounds: what a machine does
   * beside them changes from round to round, and hardly within one.
   *
   * @return ratios of neighbours
   */
  public Statistics ratios() {
    return Statistics.of(
        IntStream.range(0, ours.size()).mapToObj(i -> theirs.get(i) / ours.get(i)).toList());
  }

  private Statistics rate(List<Double> seconds) {
    int tokens = PeerTest.parse(test).tokens();
    return Statistics.of(seconds.stream().map(each -> tokens / each).toList());
  }
}
