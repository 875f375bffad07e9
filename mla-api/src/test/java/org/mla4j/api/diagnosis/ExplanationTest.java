package org.mla4j.api.diagnosis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.diagnosis.Explanation.Fusion;
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

  private static Entry entry(String node, String op) {
    return new Entry(node, op, Rows.ALL, List.of(), List.of(), "cpu", "Kernel", List.of());
  }

  @Test
  void withoutFusionThePlanWasTheSameBefore() {
    Explanation explanation = new Explanation("tiny", List.of(entry("n", "add")));
    assertEquals(List.of(new Before("n", "add", "cpu")), explanation.before());
    assertEquals(List.of(), explanation.fusions());
    assertEquals(List.of(), explanation.execution());
    assertEquals(List.of(), explanation.notConsulted());
  }

  @Test
  void aFusionIsDoneIfSomebodyRunsIt() {
    List<Declined> declined = List.of(new Declined("", "fused_add_rms_norm", List.of("disabled")));
    assertTrue(new Fusion("fused_add_rms_norm", List.of("a", "b"), "cpu", List.of()).done());
    assertFalse(new Fusion("fused_add_rms_norm", List.of("a", "b"), "", declined).done());
  }

  @Test
  void whatFusionMadeOfAPlanIsNotChangedBehindItsBack() {
    List<String> nodes = new ArrayList<>(List.of("a", "b"));
    List<Declined> declined = new ArrayList<>(List.of(new Declined("npu", "add", List.of("off"))));
    Fusion fusion = new Fusion("fused_add_rms_norm", nodes, "cpu", declined);
    List<Before> before = new ArrayList<>(List.of(new Before("a", "add", "cpu")));
    List<Entry> entries = new ArrayList<>(List.of(entry("a+b", "fused_add_rms_norm")));
    List<Fusion> fusions = new ArrayList<>(List.of(fusion));
    List<String> execution = new ArrayList<>(List.of("eager"));
    List<Declined> notConsulted =
        new ArrayList<>(List.of(new Declined("gpu", "", List.of("no device"))));
    Explanation explanation =
        new Explanation("tiny", before, entries, fusions, execution, notConsulted);
    List.of(nodes, declined, before, entries, fusions, execution, notConsulted)
        .forEach(List::clear);

    assertEquals(List.of("a", "b"), fusion.nodes());
    assertEquals(List.of(new Declined("npu", "add", List.of("off"))), fusion.declined());
    assertEquals(1, explanation.before().size());
    assertEquals(1, explanation.entries().size());
    assertEquals(List.of(fusion), explanation.fusions());
    assertEquals(List.of("eager"), explanation.execution());
    assertEquals(1, explanation.notConsulted().size());
  }
}
