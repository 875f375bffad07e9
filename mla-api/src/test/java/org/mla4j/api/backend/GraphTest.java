package org.mla4j.api.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.GraphArgument.Binding;
import org.mla4j.api.op.Add;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;

@DisplayName("Graphs as data")
class GraphTest {
  @Test
  void aBakedArgumentTellsItsValueOfNow() {
    AtomicLong address = new AtomicLong(7);
    GraphArgument argument = GraphArgument.baked("address of cache", address::get);
    assertEquals("address of cache", argument.name());
    assertEquals(Binding.BAKED, argument.binding());
    address.set(8);
    assertEquals(8, argument.value().getAsLong());
  }

  @Test
  void aRefreshedArgumentHasNoValueToCompare() {
    GraphArgument argument = GraphArgument.refreshed("block tables");
    assertEquals("block tables", argument.name());
    assertEquals(Binding.REFRESHED, argument.binding());
    assertEquals(0, argument.value().getAsLong());
  }

  @Test
  void aRequestIsNotChangedBehindItsBack() {
    StepValue x = StepValue.buffer("x", DType.F32, Rows.ALL, 4);
    Node node = new Node("n", "layer", Rows.ALL, new Add(x, x));
    Kernel kernel = (_, _) -> {};
    List<Node> nodes = new ArrayList<>(List.of(node));
    List<Kernel> kernels = new ArrayList<>(List.of(kernel));
    GraphRequest request = new GraphRequest(4, nodes, kernels);
    nodes.clear();
    kernels.clear();
    assertEquals(4, request.rows());
    assertEquals(List.of(node), request.nodes());
    assertEquals(List.of(kernel), request.kernels());
  }

  @Test
  void levelsOfSupportIncludeThoseBefore() {
    assertEquals(
        List.of(GraphSupport.NEVER, GraphSupport.SINGLE_TOKEN, GraphSupport.DECODE),
        List.of(GraphSupport.values()));
  }
}
