package org.mla4j.models.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.api.weight.WeightHandle;

/** Records what a model adds; every layer takes its default forward. */
public final class TestPlan implements PlanBuilder {
  /** Positions of its rope tables; a model must have as many. */
  public static final int POSITIONS = 16;

  private final String prefix;
  private final List<Node> nodes;
  private final List<LayerCall> layers;

  private TestPlan(String prefix, List<Node> nodes, List<LayerCall> layers) {
    this.prefix = prefix;
    this.nodes = nodes;
    this.layers = layers;
  }

  public static TestPlan empty() {
    return new TestPlan("", new ArrayList<>(), new ArrayList<>());
  }

  public List<Node> nodes() {
    return nodes;
  }

  public List<LayerCall> layers() {
    return layers;
  }

  /** All weights that the nodes of a part of the plan take, each once. */
  public List<WeightHandle> weights(String part) {
    return nodes.stream()
        .filter(node -> node.name().startsWith(part))
        .flatMap(node -> node.op().weights().stream())
        .distinct()
        .toList();
  }

  /** The nodes of a part of the plan: name, op, shapes of weights, what it writes. */
  public String text(String part) {
    return nodes.stream()
        .filter(node -> node.name().startsWith(part))
        .map(node -> node.name() + " " + text(node.op()) + "\n")
        .collect(Collectors.joining());
  }

  private static String text(Op op) {
    String weights =
        op.weights().stream()
            .limit(3)
            .map(weight -> " " + weight.shape())
            .collect(Collectors.joining());
    return op.type()
        + weights
        + (op.weights().size() > 3 ? " and " + (op.weights().size() - 3) + " more" : "")
        + " -> "
        + op.writes().stream().map(TestPlan::text).collect(Collectors.joining(", "));
  }

  private static String text(Value value) {
    String last = value.name().substring(value.name().lastIndexOf('.') + 1);
    return value instanceof StepValue step ? last + " " + step.rowShape() : last;
  }

  @Override
  public PlanBuilder scope(String name) {
    return new TestPlan(name(name) + ".", nodes, layers);
  }

  @Override
  public String name(String name) {
    return prefix + name;
  }

  @Override
  public CacheValue cache(String name, CacheSpec spec) {
    return new CacheValue(name(name), prefix, spec);
  }

  @Override
  public WeightHandle ropeTable(RopeSpec rope) {
    return RopeTable.of(rope, POSITIONS);
  }

  @Override
  public void add(String name, Rows rows, Op op) {
    nodes.add(new Node(name(name), prefix, rows, op));
  }

  @Override
  public void layer(LayerCall call, DefaultForward defaultForward) {
    layers.add(call);
    defaultForward.contribute(new TestPlan(call.layer() + ".", nodes, layers));
  }
}
