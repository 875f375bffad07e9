package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.step.Rows;

class ExplanationTextTest {
  private static Entry node(String name, String op, Rows rows, String backend, Declined... by) {
    return new Entry(
        name, op, rows, List.of(name + ".in"), List.of(), backend, backend + "-" + op, List.of(by));
  }

  /** A layer of two nodes; its attention runs where it is told. */
  private static List<Entry> layer(int index, String backend, Declined... by) {
    return List.of(
        node("layers." + index + ".norm", "rms_norm", Rows.ALL, "cpu"),
        node("layers." + index + ".attn.decode", "attention", Rows.DECODE, backend, by));
  }

  @SafeVarargs
  private static Explanation plan(List<Entry>... layers) {
    List<Entry> nodes = new ArrayList<>();
    nodes.add(node("embed", "embedding", Rows.ALL, "cpu"));
    for (List<Entry> layer : layers) {
      nodes.addAll(layer);
    }
    nodes.add(node("sample", "sample", Rows.LOGITS, "cpu"));
    return new Explanation("tiny", nodes);
  }

  @Test
  void layersThatRunAlikeAreFolded() {
    assertEquals(
        """
        Plan of tiny: 14 nodes; cpu runs 13, npu runs 1

        node           op         rows    backend  kernel
        embed          embedding  all     cpu      cpu-embedding
        layers.0
          norm         rms_norm   all     cpu      cpu-rms_norm
          attn.decode  attention  decode  cpu      cpu-attention
        layers.1 to layers.3: as layers.0
        layers.4
          norm         rms_norm   all     cpu      cpu-rms_norm
          attn.decode  attention  decode  npu      npu-attention
        layers.5: as layers.0
        sample         sample     logits  cpu      cpu-sample\
        """,
        ExplanationText.of(
            plan(
                layer(0, "cpu"),
                layer(1, "cpu"),
                layer(2, "cpu"),
                layer(3, "cpu"),
                layer(4, "npu"),
                layer(5, "cpu")),
            true));
  }

  @Test
  void allLayersAreShownOnDemand() {
    assertEquals(
        """
        Plan of tiny: 6 nodes; cpu runs 6

        node           op         rows    backend  kernel
        embed          embedding  all     cpu      cpu-embedding
        layers.0
          norm         rms_norm   all     cpu      cpu-rms_norm
          attn.decode  attention  decode  cpu      cpu-attention
        layers.1
          norm         rms_norm   all     cpu      cpu-rms_norm
          attn.decode  attention  decode  cpu      cpu-attention
        sample         sample     logits  cpu      cpu-sample\
        """,
        ExplanationText.of(plan(layer(0, "cpu"), layer(1, "cpu")), false));
  }

  @Test
  void refusalsStandBelowTheirNodeAndKeepALayerApart() {
    Declined refusal = new Declined("npu", "attention", List.of("5 heads", "rank 40"));
    assertEquals(
        """
        Plan of tiny: 6 nodes; cpu runs 6

        node           op         rows    backend  kernel
        embed          embedding  all     cpu      cpu-embedding
        layers.0
          norm         rms_norm   all     cpu      cpu-rms_norm
          attn.decode  attention  decode  cpu      cpu-attention
              npu declined attention: 5 heads; rank 40
        layers.1
          norm         rms_norm   all     cpu      cpu-rms_norm
          attn.decode  attention  decode  cpu      cpu-attention
        sample         sample     logits  cpu      cpu-sample\
        """,
        ExplanationText.of(plan(layer(0, "cpu", refusal), layer(1, "cpu")), true));
  }
}
