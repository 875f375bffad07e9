package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NodeNameTest {
  @Test
  void aNumberedLayerIsCutOff() {
    assertEquals(new NodeName("layers.3", "attn.q_proj"), NodeName.of("layers.3.attn.q_proj"));
    assertEquals(new NodeName("", "lm_head"), NodeName.of("lm_head"));
    assertEquals(new NodeName("", "layers.x.norm"), NodeName.of("layers.x.norm"));
    assertEquals(
        new NodeName("", "layers.12345678901.norm"), NodeName.of("layers.12345678901.norm"));
  }

  @Test
  void theNextLayerIsSaidInAWord() {
    assertEquals(new NodeName("layers.9", "add+next.norm"), NodeName.of("layers.9.add+10.norm"));
    assertEquals(new NodeName("layers.9", "add+8.norm"), NodeName.of("layers.9.add+8.norm"));
  }

  @Test
  void beside() {
    NodeName first = NodeName.of("layers.9.add");
    assertEquals("add", first.beside(first));
    assertEquals("next.norm", NodeName.of("layers.10.norm").beside(first));
    assertEquals("layers.11.norm", NodeName.of("layers.11.norm").beside(first));
    assertEquals("blocks.10.norm", NodeName.of("blocks.10.norm").beside(first));
    assertEquals("norm", NodeName.of("norm").beside(first));
    assertEquals("layers.0.norm", NodeName.of("layers.0.norm").beside(NodeName.of("embed")));
  }

  @Test
  void longNamesOfManyPartsAreShortened() {
    assertEquals("attn.a+b+c", NodeName.of("layers.0.attn.a+b+c").shortened());
    String parts = "+" + "x".repeat(20) + "+" + "y".repeat(20) + "+z";
    assertEquals("attn.a+…+z", NodeName.of("layers.0.attn.a" + parts).shortened());
    String two = "attn." + "x".repeat(40) + "+y";
    assertEquals(two, NodeName.of("layers.0." + two).shortened());
  }
}
