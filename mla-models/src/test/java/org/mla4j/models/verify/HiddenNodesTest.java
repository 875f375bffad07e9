package org.mla4j.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.diagnosis.Explanation.Fusion;
import org.mla4j.api.step.Rows;

/** What hides a node, and that a node which is merely missing is not excused. */
class HiddenNodesTest {
  @Test
  void whatRunsIsNotHidden() {
    assertEquals(
        Optional.empty(), inside("layers.0.norm", plan(entry("layers.0.norm", "rms_norm"))));
  }

  @Test
  void whatNobodyHasHeardOfIsNotHidden() {
    Explanation plan =
        plan(
            entry("layers.1.attn", "multi_head_latent_attention"),
            entry("layers.2.attn.attention", "mla_attention"));
    assertEquals(Optional.empty(), inside("layers.0.attn.q_proj", plan));
    assertEquals(Optional.empty(), inside("layers.10.attn.q_proj", plan));
    assertEquals(Optional.empty(), inside("layers.2.mlp.gate", plan));
  }

  @Test
  void larger() {
    assertEquals(
        Optional.of("inside a layer that runs whole"),
        inside(
            "layers.0.attn.q_proj", plan(entry("layers.0.attn", "multi_head_latent_attention"))));
    assertEquals(
        Optional.of("inside attention that runs as one op"),
        inside("layers.0.attn.q_proj", plan(entry("layers.0.attn.attention", "mla_attention"))));
    assertEquals(
        Optional.of("inside a plan that runs whole"), inside("norm", plan(entry("plan", "plan"))));
  }

  @Test
  void theNearestFusedOpIsNamed() {
    Explanation plan =
        new Explanation(
            "tiny",
            List.of(),
            List.of(entry("a+b+c", "acme:all")),
            List.of(
                new Fusion("qkv_a_proj", List.of("a", "b"), "npu", List.of()),
                new Fusion("acme:all", List.of("a+b", "c"), "npu", List.of()),
                new Fusion("acme:other", List.of("d", "e"), "", List.of())),
            List.of(),
            List.of());
    assertEquals(Optional.of("inside the fused op 'qkv_a_proj'"), inside("a", plan));
    assertEquals(Optional.of("inside the fused op 'acme:all'"), inside("c", plan));
    assertEquals(Optional.empty(), inside("d", plan), "refused");
  }

  private static Optional<String> inside(String node, Explanation plan) {
    return new HiddenNodes(plan).inside(node);
  }

  private static Explanation plan(Entry... entries) {
    return new Explanation("tiny", List.of(entries));
  }

  private static Entry entry(String node, String op) {
    return new Entry(node, op, Rows.ALL, List.of(), List.of(), "npu", "kernel", List.of());
  }
}
