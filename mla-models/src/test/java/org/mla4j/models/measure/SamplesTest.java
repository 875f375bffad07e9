package org.mla4j.models.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void ofAnEvenNumber() {
    Samples samples = new Samples(List.of(9.0, 2.0, 4.0, 5.0));
    assertEquals(5, samples.mean());
    // Squares of differences: 16 + 9 + 1 + 0, by 3.
    assertEquals(Math.sqrt(26 / 3.0), samples.standardDeviation(), 1e-12);
    assertEquals(4.5, samples.median());
  }

  @Test
  void ofAnOddNumber() {
    assertEquals(4, new Samples(List.of(100.0, 1.0, 4.0)).median());
  }

  @Test
  void ofOne() {
    Samples samples = new Samples(List.of(7.0));
    assertEquals(7, samples.mean());
    assertEquals(0, samples.standardDeviation());
    assertEquals(7, samples.median());
  }
}
