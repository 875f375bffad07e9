package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.diagnosis.Explanation.Fusion;
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
            true,
            false));
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
        ExplanationText.of(plan(layer(0, "cpu"), layer(1, "cpu")), false, false));
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
        ExplanationText.of(plan(layer(0, "cpu", refusal), layer(1, "cpu")), true, false));
  }

  /** Two layers alike with a fused norm of a sum, which reaches into the next one. */
  private static Explanation fused() {
    List<Before> before = new ArrayList<>();
    List<Entry> nodes = new ArrayList<>();
    List<Fusion> fusions = new ArrayList<>();
    Declined tooWide = new Declined("fpu", "fused_add_rms_norm", List.of("width 24"));
    for (int i = 0; i < 3; i++) {
      String layer = "layers." + i + ".";
      String next = i == 2 ? "norm" : "layers." + (i + 1) + ".norm";
      before.add(new Before(layer + "attn.rotary_emb", "rotary_embedding", "cpu"));
      before.add(new Before(layer + "attn.concat_and_cache", "concat_and_cache_mla", ""));
      before.add(new Before(layer + "add", "add", "npu"));
      before.add(new Before(next, "rms_norm", "cpu"));
      nodes.add(
          node(
              layer + "attn.rotary_emb+concat_and_cache",
              "rope_concat_and_cache_mla",
              Rows.ALL,
              "fpu"));
      nodes.add(node(layer + "add+" + (i == 2 ? "norm" : i + 1 + ".norm"), "sum", Rows.ALL, "npu"));
      fusions.add(
          new Fusion(
              "rope_concat_and_cache_mla",
              List.of(layer + "attn.rotary_emb", layer + "attn.concat_and_cache"),
              "fpu",
              List.of()));
      fusions.add(
          new Fusion("fused_add_rms_norm", List.of(layer + "add", next), "npu", List.of(tooWide)));
      fusions.add(
          new Fusion(
              "qkv_a_proj",
              List.of(layer + "attn.q_a_proj", layer + "attn.kv_a_proj"),
              "",
              List.of(
                  new Declined(
                      "fpu",
                      "qkv_a_proj",
                      List.of(
                          "'"
                              + layer
                              + "attn.q_a_proj' is run by 'npu', which is asked before"
                              + " 'fpu'")),
                  new Declined("", "qkv_a_proj", List.of("read in between")))));
    }
    return new Explanation(
        "tiny",
        before,
        nodes,
        fusions,
        List.of("graph: decode steps of up to 4 tokens", "eager: 'npu' captures nothing"),
        List.of(new Declined("idle", "plan", List.of("has no op or layer of this plan"))));
  }

  @Test
  void placesOfFusionThatAreAlikeAreCounted() {
    assertEquals(
        """
        Plan of tiny: 6 nodes (12 before fusion); fpu runs 3, npu runs 3

        node                                op                         rows  backend  kernel
        layers.0
          attn.rotary_emb+concat_and_cache  rope_concat_and_cache_mla  all   fpu      fpu-rope_concat_and_cache_mla
          add+next.norm                     sum                        all   npu      npu-sum
        layers.1: as layers.0
        layers.2
          attn.rotary_emb+concat_and_cache  rope_concat_and_cache_mla  all   fpu      fpu-rope_concat_and_cache_mla
          add+norm                          sum                        all   npu      npu-sum

        fused op                   places  backend  stands for
        rope_concat_and_cache_mla  3       fpu      attn.rotary_emb, concat_and_cache
        fused_add_rms_norm         2       npu      add, next.norm
            fpu declined: width 24
        qkv_a_proj                 3       -        attn.q_a_proj, kv_a_proj
            fpu declined: 'attn.q_a_proj' is run by 'npu', which is asked before 'fpu'
            refused: read in between
        fused_add_rms_norm         1       npu      add, norm
            fpu declined: width 24

        Execution: graph: decode steps of up to 4 tokens
                   eager: 'npu' captures nothing
        Not consulted: idle: has no op or layer of this plan\
        """,
        ExplanationText.of(fused(), true, false));
  }

  @Test
  void theNodesBeforeFusionAreFoldedToo() {
    String text = ExplanationText.of(fused(), true, true);
    assertEquals(
        """
        Before fusion: 12 nodes

        node                     op                    backend
        layers.0
          attn.rotary_emb        rotary_embedding      cpu
          attn.concat_and_cache  concat_and_cache_mla  -
          add                    add                   npu
        layers.1
          norm                   rms_norm              cpu
          attn.rotary_emb        rotary_embedding      cpu
          attn.concat_and_cache  concat_and_cache_mla  -
          add                    add                   npu
        layers.2: as layers.1
        norm                     rms_norm              cpu

        \
        """,
        text.substring(text.indexOf("Before"), text.indexOf("Execution")));
  }

  /** A plug-in with one op lacks all others: said once, and not of one that was never asked. */
  @Test
  void opsThatABackendDoesNotHaveAreSaidOnce() {
    Declined noNorm = new Declined("npu", "rms_norm", List.of("has no op 'rms_norm'"));
    Declined noAttention = new Declined("npu", "attention", List.of("has no op 'attention'"));
    Declined idle = new Declined("idle", "rms_norm", List.of("has no op 'rms_norm'"));
    List<Entry> nodes =
        List.of(
            node("norm", "rms_norm", Rows.ALL, "cpu", noNorm, idle),
            node("attention", "attention", Rows.ALL, "cpu", noAttention),
            node("last", "rms_norm", Rows.ALL, "cpu", noNorm));
    assertEquals(
        """
        Plan of tiny: 3 nodes; cpu runs 3

        node       op         rows  backend  kernel
        norm       rms_norm   all   cpu      cpu-rms_norm
        attention  attention  all   cpu      cpu-attention
        last       rms_norm   all   cpu      cpu-rms_norm

        Execution: eager
        Ops that npu does not have: attention, rms_norm
        Not consulted: idle: nothing to say\
        """,
        ExplanationText.of(
            new Explanation(
                "tiny",
                List.of(),
                nodes,
                List.of(),
                List.of("eager"),
                List.of(new Declined("idle", "plan", List.of("nothing to say")))),
            true,
            false));
  }
}
