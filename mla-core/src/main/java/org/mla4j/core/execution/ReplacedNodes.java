package org.mla4j.core.execution;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.plan.PlannedNode;

/**
 * What a fused node stands for, as far as it can be seen after the node: nodes whose results it
 * leaves as they were, none of them gone or changed again.
 *
 * @param visible the nodes, in order
 */
record ReplacedNodes(List<Node> visible) {
  static ReplacedNodes of(PlannedNode planned) {
    List<Node> visible = new ArrayList<>();
    List<Node> all = planned.replaced();
    for (int i = 0; i < all.size(); i++) {
      if (isLeft(all.get(i), planned.node())
          && !isChanged(all.get(i), all.subList(i + 1, all.size()))) {
        visible.add(all.get(i));
      }
    }
    return new ReplacedNodes(List.copyOf(visible));
  }

  private static boolean isLeft(Node node, Node fused) {
    return fused.op().writes().containsAll(node.op().writes());
  }

  private static boolean isChanged(Node node, List<Node> later) {
    for (Value written : node.op().writes()) {
      for (Node other : later) {
        if (other.op().writes().stream().anyMatch(value -> share(value, written))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether two values may share memory: to the buffer is enough here. */
  private static boolean share(Value a, Value b) {
    return a instanceof StepValue left
        && b instanceof StepValue right
        && left.root().name().equals(right.root().name());
  }

  void show(StepExecutor.AfterNode observer, StepDescription step, Bindings bindings) {
    for (Node node : visible) {
      observer.after(node, step, bindings);
    }
  }
}
