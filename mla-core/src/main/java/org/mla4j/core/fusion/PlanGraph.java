package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/** The nodes of a plan with their data flow. */
final class PlanGraph implements StepGraph {
  private final List<Node> nodes;
  private final Map<String, Integer> indices = new HashMap<>();
  private final Elements elements;

  PlanGraph(List<Node> nodes, Elements elements) {
    this.nodes = List.copyOf(nodes);
    this.elements = elements;
    for (int i = 0; i < nodes.size(); i++) {
      indices.put(nodes.get(i).name(), i);
    }
  }

  @Override
  public List<Node> nodes() {
    return nodes;
  }

  @Override
  public Optional<Node> writer(StepValue value, Node reader) {
    int index = writerIndex(value, index(reader));
    return index < 0 ? Optional.empty() : Optional.of(nodes.get(index));
  }

  @Override
  public List<Node> readers(StepValue value, Node writer) {
    List<Node> readers = new ArrayList<>();
    for (int i = index(writer) + 1; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (touches(node.op().reads(), value)) {
        readers.add(node);
      }
      if (touches(node.op().writes(), value)) {
        break;
      }
    }
    return readers;
  }

  /** The last node before another that writes to any element of a value; -1 if none does. */
  int writerIndex(Value value, int before) {
    for (int i = before - 1; i >= 0; i--) {
      if (touches(nodes.get(i).op().writes(), value)) {
        return i;
      }
    }
    return -1;
  }

  int index(Node node) {
    Integer index = indices.get(node.name());
    if (index == null || !nodes.get(index).equals(node)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Node '" + node.name() + "' is not part of this plan; expected one of its nodes.");
    }
    return index;
  }

  /** The first value over which two nodes must keep their order. */
  Optional<Value> conflict(Node a, Node b) {
    for (Value written : a.op().writes()) {
      if (touches(b.op().reads(), written) || touches(b.op().writes(), written)) {
        return Optional.of(written);
      }
    }
    for (Value written : b.op().writes()) {
      if (touches(a.op().reads(), written)) {
        return Optional.of(written);
      }
    }
    return Optional.empty();
  }

  private boolean touches(List<Value> values, Value value) {
    for (Value other : values) {
      if (elements.overlap(other, value)) {
        return true;
      }
    }
    return false;
  }
}
