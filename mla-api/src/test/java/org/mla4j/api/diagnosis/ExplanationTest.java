package org.mla4j.api.diagnosis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.step.Rows;

class ExplanationTest {
  @Test
  void isNotChangedBehindItsBack() {
    List<String> reasons = new ArrayList<>(List.of("too wide"));
    List<Declined> declined = new ArrayList<>(List.of(new Declined("npu", "linear", reasons)));
    List<String> reads = new ArrayList<>(List.of("x"));
    List<String> writes = new ArrayList<>(List.of("y"));
    List<Entry> entries =
        new ArrayList<>(
            List.of(
                new Entry(
                    "n", "linear", Rows.ALL, reads, writes, "cpu", "VectorLinear", declined)));
    Explanation explanation = new Explanation("tiny", entries);
    List.of(reasons, declined, reads, writes, entries).forEach(List::clear);

    assertEquals(
        new Explanation(
            "tiny",
            List.of(
                new Entry(
                    "n",
                    "linear",
                    Rows.ALL,
                    List.of("x"),
                    List.of("y"),
                    "cpu",
                    "VectorLinear",
                    List.of(new Declined("npu", "linear", List.of("too wide")))))),
        explanation);
  }
}
