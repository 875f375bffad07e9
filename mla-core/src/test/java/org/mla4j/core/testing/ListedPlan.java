package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.api.weight.WeightHandle;

/** A plan as a list of nodes: every layer is expanded at once into its default forward. */
public final class ListedPlan implements PlanBuilder {
  private final String scope;
  private final List<Node> nodes;
  private final List<LayerCall> layers;

  private ListedPlan(String scope, List<Node> nodes, List<LayerCall> layers) {
    this.scope = scope;
    this.nodes = nodes;
    this.layers = layers;
  }

  /** An empty plan. */
  public ListedPlan() {
    this("", new ArrayList<>(), new ArrayList<>());
  }

  /** The nodes in their order. */
  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** The names of the nodes in their order. */
  public List<String> nodeNames() {
    return nodes.stream().map(Node::name).toList();
  }

  /** The op of a node. */
  public <T extends Op> T op(String name, Class<T> type) {
    return nodes.stream()
        .filter(node -> node.name().equals(name))
        .map(node -> type.cast(node.op()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no node '" + name + "' in " + nodeNames()));
  }

  /** The layers that were added. */
  public List<LayerCall> layers() {
    return List.copyOf(layers);
  }

  @Override
  public PlanBuilder scope(String name) {
    return new ListedPlan(name(name), nodes, layers);
  }

  @Override
  public String name(String name) {
    return scope.isEmpty() ? name : scope + "." + name;
  }

  @Override
  public CacheValue cache(String name, CacheSpec spec) {
    return new CacheValue(name(name), scope, spec);
  }

  @Override
  public WeightHandle ropeTable(RopeSpec rope) {
    return RopeTable.of(rope, rope.maxPositions());
  }

  @Override
  public void add(String name, Rows rows, Op op) {
    nodes.add(new Node(name(name), scope, rows, op));
  }

  @Override
  public void layer(LayerCall call, DefaultForward defaultForward) {
    layers.add(call);
    defaultForward.contribute(new ListedPlan(call.layer(), nodes, layers));
  }
}
