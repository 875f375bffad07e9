package org.mla4j.benchmarks.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class PairedTimesTest {
  private final PairedTimes times =
      new PairedTimes("tg10", List.of(1.0, 2.0, 4.0), List.of(2.0, 2.0, 2.0));

  @Test
  void ratesAreTokensPerSecond() {
    assertEquals(new Statistics(2.5, 5, 10), times.ourRate());
    assertEquals(new Statistics(5, 5, 5), times.theirRate());
  }

  @Test
  void lessTimeIsALargerRatio() {
    assertEquals(1, times.ratioOfMedians());
    assertEquals(new Statistics(0.5, 1, 2), times.ratios());
  }
}
