package org.mla4j.core.execution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.plan.Place;
import org.mla4j.core.plan.PlacedNode;
import org.mla4j.core.plan.Residency;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.RandomData;

class BufferLayoutTest {
  private static final ArrayWeight TABLE = ArrayWeight.of("table", DType.F32, new float[1], 1, 1);
  private static final StepLimits LIMITS = new StepLimits(8, 2, 32, 16, 5, 2, 8);

  @Test
  void aChainNeedsTwoBuffersOnly() {
    List<Node> nodes = new ArrayList<>();
    StepValue first = value("v0", 16);
    nodes.add(write("n0", first));
    for (int i = 1; i < 10; i++) {
      nodes.add(copy("n" + i, value("v" + (i - 1), 16), value("v" + i, 16)));
    }
    BufferLayout layout = layout(nodes);
    assertEquals(2L * 8 * 16 * 4, layout.bytes().get("host"));
  }

  @Test
  void whatIsKeptOutlivesTheLastNode() {
    StepValue kept = value("kept", 16);
    StepValue later = value("later", 16);
    List<Node> nodes = List.of(write("a", kept), write("b", later));
    assertEquals(2L * 8 * 16 * 4, layout(nodes, kept).bytes().get("host"));
    assertEquals(8L * 16 * 4, layout(nodes).bytes().get("host"));
  }

  @Test
  void viewsLiveAsLongAsTheirBufferIsTouched() {
    StepValue buffer = value("buffer", 16);
    StepValue other = value("other", 16);
    StepValue out = value("out", 8);
    List<Node> nodes =
        List.of(
            write("a", buffer), write("b", other), copy("c", buffer.narrow("half", 0, 8, 8), out));
    BufferLayout layout = layout(nodes);
    assertTrue(offset(layout, other) != offset(layout, buffer));
  }

  @Test
  void neverOverlapsWhatIsNeededAtOnce() {
    RandomData random = new RandomData(11);
    for (int round = 0; round < 200; round++) {
      List<StepValue> values = new ArrayList<>();
      List<Node> nodes = new ArrayList<>();
      List<int[]> lives = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        StepValue made = value("v" + i, 1 + random.below(40));
        int from = i == 0 ? -1 : random.below(i);
        nodes.add(from < 0 ? write("n" + i, made) : copy("n" + i, values.get(from), made));
        values.add(made);
        lives.add(new int[] {i, i});
        if (from >= 0) {
          lives.get(from)[1] = i;
        }
      }
      BufferLayout layout = layout(nodes);
      for (int a = 0; a < 20; a++) {
        for (int b = 0; b < a; b++) {
          boolean together =
              lives.get(a)[0] <= lives.get(b)[1] && lives.get(b)[0] <= lives.get(a)[1];
          if (together) {
            assertTrue(
                apart(layout, values.get(a), values.get(b)),
                "round " + round + ": " + a + " and " + b);
          }
        }
      }
    }
  }

  @Test
  void readingWhatNobodyWroteIsRefused() {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> layout(List.of(copy("n", value("x", 4), value("y", 4)))));
    assertEquals("Node 'n' reads 'x', which no node before it writes. [MLA-0302]", e.getMessage());
  }

  @Test
  void twoBuffersOfOneNameAreRefused() {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> layout(List.of(write("a", value("x", 4)), write("b", value("x", 8)))));
    assertEquals(
        "Two buffers are named 'x': x F32 ALL x [4] and x F32 ALL x [8]. [MLA-0302]",
        e.getMessage());
  }

  @Test
  void eachDeviceHasABlockOfItsOwn() {
    StepValue onHost = value("x", 16);
    StepValue leaving = value("x@host", 16);
    StepValue arriving = value("x@card", 16);
    StepValue there = value("y", 8);
    List<PlacedNode> nodes =
        List.of(
            new PlacedNode(write("a", onHost), "host"),
            new PlacedNode(copy("x@card", leaving, arriving), "card"),
            new PlacedNode(copy("b", onHost, there), "card"));
    Place copied = new Place(onHost, "card");
    Residency residency =
        new Residency(
            Map.of(leaving, new Place(onHost, "host"), arriving, copied),
            Map.of(),
            new Place(there, "card"));
    BufferLayout layout = BufferLayout.of(nodes, residency, List.of(), LIMITS);
    assertEquals(Map.of("host", 8L * 16 * 4, "card", 8L * (16 + 8) * 4), layout.bytes());
    assertEquals(0, layout.offset(copied));
    assertEquals(8L * 16 * 4, layout.offset(new Place(there, "card")));
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> layout.offset(new Place(there, "host")));
    assertEquals(
        "Value 'y' is not part of the plan, or only exists inside a layer. [MLA-0302]",
        e.getMessage());
  }

  /** The layout of nodes that all run on the host. */
  private static BufferLayout layout(List<Node> nodes, StepValue... kept) {
    return BufferLayout.of(
        nodes.stream().map(node -> new PlacedNode(node, "host")).toList(),
        new Residency(Map.of(), Map.of(), new Place(value("logits", 1), "host")),
        Arrays.stream(kept).map(value -> new Place(value, "host")).toList(),
        LIMITS);
  }

  private static long offset(BufferLayout layout, StepValue value) {
    return layout.offset(new Place(value, "host"));
  }

  private static boolean apart(BufferLayout layout, StepValue a, StepValue b) {
    long endA = offset(layout, a) + BufferLayout.byteSize(a, LIMITS);
    long endB = offset(layout, b) + BufferLayout.byteSize(b, LIMITS);
    return endA <= offset(layout, b) || endB <= offset(layout, a);
  }

  private static StepValue value(String name, int width) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, width);
  }

  private static Node write(String name, StepValue out) {
    return new Node(name, "", Rows.ALL, new Embedding(TABLE, out));
  }

  private static Node copy(String name, StepValue from, StepValue to) {
    return new Node(name, "", Rows.ALL, new SelectRows(from, to));
  }
}
