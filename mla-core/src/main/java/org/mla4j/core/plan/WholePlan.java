package org.mla4j.core.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.plan.Node;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * A whole plan as one op, for a backend that compiles it.
 *
 * @param nodes the plan, fused already
 */
public record WholePlan(List<Node> nodes) implements CompositeOp {
  /** The name of this op. */
  public static final String TYPE = "plan";

  /** Copies the list. */
  public WholePlan {
    nodes = List.copyOf(nodes);
  }

  @Override
  public String type() {
    return TYPE;
  }

  /** What a step gives: everything else is made within. */
  @Override
  public List<Value> reads() {
    Set<Value> written = new LinkedHashSet<>();
    nodes.forEach(node -> written.addAll(node.op().writes()));
    Set<Value> reads = new LinkedHashSet<>();
    nodes.forEach(node -> reads.addAll(node.op().reads()));
    reads.removeAll(written);
    return List.copyOf(reads);
  }

  @Override
  public List<Value> writes() {
    Set<Value> written = new LinkedHashSet<>();
    nodes.forEach(node -> written.addAll(node.op().writes()));
    return List.copyOf(written);
  }

  @Override
  public List<WeightHandle> weights() {
    return nodes.stream().flatMap(node -> node.op().weights().stream()).toList();
  }
}
