package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Fusion;
import org.mla4j.api.plan.Node;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * The plan of a step: all nodes in order, each with who runs it. Immutable.
 *
 * @param model name of the model
 * @param before the nodes before fusion
 * @param nodes the nodes
 * @param fusions what became of each place where nodes could be one
 * @param consulted names of the backends that were asked for anything
 * @param caches the caches of all layers
 * @param logits F32 {@code [logit rows, vocabulary]}
 * @param sampled I32 {@code [logit rows, 1]}
 * @param residency where values and caches lie
 */
public record StepPlan(
    String model,
    List<Before> before,
    List<PlannedNode> nodes,
    List<Fusion> fusions,
    Set<String> consulted,
    List<CacheValue> caches,
    StepValue logits,
    StepValue sampled,
    Residency residency) {
  /** Copies the lists. */
  public StepPlan {
    before = List.copyOf(before);
    nodes = List.copyOf(nodes);
    fusions = List.copyOf(fusions);
    consulted = Set.copyOf(consulted);
    caches = List.copyOf(caches);
  }

  /**
   * Returns the nodes without who runs them.
   *
   * @return in order
   */
  public List<Node> plainNodes() {
    return nodes.stream().map(PlannedNode::node).toList();
  }

  /**
   * Returns the nodes whose memory is needed: those of a plan that is taken whole, too.
   *
   * @return in order
   */
  public List<PlacedNode> nodesInMemory() {
    return nodes.stream()
        .flatMap(planned ->
            (planned.node().op() instanceof WholePlan whole
                    ? whole.nodes().stream()
                    : Stream.of(planned.node()))
                .map(node -> new PlacedNode(node, planned.backend().device())))
        .toList();
  }

  /**
   * Tells who runs what.
   *
   * @param kernels of each node, what its backend calls its kernel
   * @param execution how steps run, one line each
   * @param notConsulted backends that are installed but had no say
   * @return the plan as data
   */
  public Explanation explain(
      List<String> kernels, List<String> execution, List<Declined> notConsulted) {
    List<Explanation.Entry> entries = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      PlannedNode planned = nodes.get(i);
      Node node = planned.node();
      entries.add(
          new Explanation.Entry(
              node.name(),
              node.op().type(),
              node.rows(),
              names(node.op().reads()),
              names(node.op().writes()),
              planned.backend().name(),
              kernels.get(i),
              planned.declined()));
    }
    return new Explanation(model, before, entries, fusions, execution, notConsulted);
  }

  private static List<String> names(List<Value> values) {
    return values.stream().map(Value::name).toList();
  }
}
