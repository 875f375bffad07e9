package org.mla4j.models.verify;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.diagnosis.Explanation.Fusion;
import org.mla4j.api.op.CompositeOp;

/**
 * Nodes of the separate ops that a plan does not run, since something larger does their work: a
 * fused op, an attention op, a layer or a plan that runs whole. What they compute may not exist.
 */
final class HiddenNodes {
  /** What a plan is called, as an op, when a backend takes it whole. */
  private static final String PLAN = "plan";

  private final Explanation plan;
  private final Map<String, String> fusedInto = new HashMap<>();

  HiddenNodes(Explanation plan) {
    this.plan = plan;
    for (Fusion fusion : plan.fusions()) {
      if (fusion.done()) {
        // The first one is the nearest: a fused op may have become part of a larger one.
        fusion.nodes().forEach(node -> fusedInto.putIfAbsent(node, fusion.op()));
      }
    }
  }

  /**
   * Tells what hides a node.
   *
   * @param node name of the node in a plan of separate ops
   * @return where it is, in words; empty if the plan runs it, or has never heard of it
   */
  Optional<String> inside(String node) {
    if (plan.entries().stream().anyMatch(entry -> entry.node().equals(node))) {
      return Optional.empty();
    }
    if (plan.entries().stream().anyMatch(entry -> entry.op().equals(PLAN))) {
      return Optional.of("inside a plan that runs whole");
    }
    if (fusedInto.containsKey(node)) {
      return Optional.of("inside the fused op '" + fusedInto.get(node) + "'");
    }
    for (Entry entry : plan.entries()) {
      if (entry.op().equals(CompositeOp.MLA_ATTENTION) && node.startsWith(scope(entry.node()))) {
        return Optional.of("inside attention that runs as one op");
      }
      if (node.startsWith(entry.node() + ".")) {
        return Optional.of("inside a layer that runs whole");
      }
    }
    return Optional.empty();
  }

  /** The layer that an attention op is named after, with the dot. */
  private static String scope(String node) {
    return node.substring(0, node.lastIndexOf('.') + 1);
  }
}
