package org.mla4j.core.execution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.plan.ContextGroups;
import org.mla4j.core.plan.Place;
import org.mla4j.core.plan.PlacedNode;
import org.mla4j.core.plan.Residency;
import org.mla4j.core.testing.ArrayWeight;

/** Nodes that run together in passes, and what their memory must survive. */
class ContextGroupsTest {
  private static final ArrayWeight TABLE = ArrayWeight.of("table", DType.F32, new float[1], 1, 1);
  private static final StepLimits LIMITS = new StepLimits(8, 2, 32, 16, 5);

  private final List<Node> nodes = new ArrayList<>();

  @Test
  void neighboursOfOneLayerRunTogether() {
    for (String node :
        List.of("a ALL", "a CONTEXT", "a CONTEXT", "b CONTEXT", "b ALL", "b CONTEXT")) {
      String[] layerAndRows = node.split(" ");
      copy(layerAndRows[0], Rows.valueOf(layerAndRows[1]), value("x"), value("x"));
    }
    assertArrayEquals(new int[] {1, 3, 3, 4, 5, 6}, ContextGroups.ends(nodes));
  }

  @Test
  void whatAPassReadsIsThereForTheNextPass() {
    copy("a", Rows.ALL, value("seed"), value("query"));
    copy("a", Rows.CONTEXT, value("query"), value("first"));
    copy("a", Rows.CONTEXT, value("first"), value("second"));
    assertApart("query", "second");
  }

  @Test
  void whatAPassLeavesIsNotOverwrittenByTheNextPass() {
    copy("a", Rows.CONTEXT, value("seed"), value("scratch"));
    copy("a", Rows.CONTEXT, value("scratch"), value("used"));
    copy("a", Rows.CONTEXT, value("used"), value("result"));
    copy("a", Rows.ALL, value("result"), value("out"));
    assertApart("scratch", "result");
  }

  @Test
  void scratchOfOnePassIsSharedInside() {
    copy("a", Rows.CONTEXT, value("seed"), value("one"));
    copy("a", Rows.CONTEXT, value("one"), value("two"));
    copy("a", Rows.CONTEXT, value("two"), value("three"));
    BufferLayout layout = layout();
    assertTrue(layout.offset(place(value("one"))) == layout.offset(place(value("three"))));
  }

  private void assertApart(String one, String other) {
    BufferLayout layout = layout();
    long distance = Math.abs(layout.offset(place(value(one))) - layout.offset(place(value(other))));
    assertTrue(distance >= BufferLayout.byteSize(value(one), LIMITS), one + " and " + other);
  }

  /** The layout of the nodes behind one that writes what they start from. */
  private BufferLayout layout() {
    List<Node> all = new ArrayList<>();
    all.add(new Node("seed", "", Rows.ALL, new Embedding(TABLE, value("seed"))));
    all.addAll(nodes);
    return BufferLayout.of(
        all.stream().map(node -> new PlacedNode(node, "host")).toList(),
        new Residency(Map.of(), Map.of(), place(value("seed"))),
        List.of(),
        LIMITS);
  }

  private static Place place(StepValue value) {
    return new Place(value, "host");
  }

  private void copy(String layer, Rows rows, StepValue from, StepValue to) {
    nodes.add(new Node("n" + nodes.size(), layer, rows, new SelectRows(from, to)));
  }

  private static StepValue value(String name) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, 16);
  }
}
