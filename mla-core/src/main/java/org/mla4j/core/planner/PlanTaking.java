package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.WholePlan;
import org.mla4j.core.registry.BackendRegistry;

/**
 * Offers a finished plan to the backends that compile whole plans. It has a switch of its own; with
 * an op switched off, or pinned to another backend, the plan is not taken whole.
 */
final class PlanTaking {
  private final Candidates candidates;
  private final Optional<String> pinned;
  private final Optional<String> layers;

  PlanTaking(Candidates candidates, OpChoice ops) {
    this.candidates = candidates;
    this.pinned = ops.planBackend();
    this.layers = ops.layerBackend();
  }

  /** The plan as one node if a backend takes it, otherwise as it is. */
  List<PlannedNode> offer(List<PlannedNode> nodes) {
    if (pinned.equals(Optional.of(BackendRegistry.CPU))) {
      return nodes;
    }
    List<Node> plain = nodes.stream().map(PlannedNode::node).toList();
    List<Declined> declined = new ArrayList<>();
    for (OpenBackend candidate : takers()) {
      Optional<Support> answer = ask(candidate, plain);
      if (answer.isEmpty() && pinned.isEmpty()) {
        continue; // taking no plans at all is no refusal
      }
      List<String> reasons =
          answer
              .map(given -> refusal(candidate, nodes, given))
              .orElse(List.of("takes no whole plans"));
      if (reasons.isEmpty()) {
        Node whole = new Node(WholePlan.TYPE, "", Rows.ALL, new WholePlan(plain));
        return List.of(PlannedNode.by(whole, candidate, declined));
      }
      if (pinned.isPresent()) {
        throw candidates.declined(candidate.name(), "the whole plan", reasons);
      }
      declined.add(new Declined(candidate.name(), WholePlan.TYPE, reasons));
    }
    return declined.isEmpty() ? nodes : withRefusals(nodes, declined);
  }

  private List<OpenBackend> takers() {
    return candidates.all().stream()
        .filter(candidate -> candidate.problem().isEmpty())
        .filter(candidate ->
            pinned.isPresent()
                ? candidate.name().equals(pinned.get())
                : candidates.mayBeAsked(candidate, pinned))
        .toList();
  }

  private List<String> refusal(OpenBackend candidate, List<PlannedNode> nodes, Support answer) {
    candidates.consult(candidate);
    Set<String> reasons = new LinkedHashSet<>();
    for (PlannedNode planned : nodes) {
      refusal(candidate, planned.node().op()).ifPresent(reasons::add);
      planned
          .replaced()
          .forEach(
              node -> candidates.listRefusal(candidate, node.op().type()).ifPresent(reasons::add));
      reasons.addAll(Question.unreachable(candidate.backend(), planned.node().op()));
    }
    if (answer instanceof Support.No no) {
      reasons.addAll(no.reasons());
    }
    return List.copyOf(reasons);
  }

  /** Layers have a switch of their own; op lists speak of all else. */
  private Optional<String> refusal(OpenBackend candidate, Op op) {
    if (op instanceof LayerCall) {
      return layers
          .filter(name -> !name.equals(candidate.name()))
          .map(name -> "op list pins 'layer' to '" + name + "'");
    }
    return candidates.listRefusal(candidate, op.type());
  }

  private static Optional<Support> ask(OpenBackend candidate, List<Node> nodes) {
    try {
      return candidate.backend().supportsPlan(nodes);
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '" + candidate.name() + "' failed to say whether it takes the plan: " + e,
          e);
    }
  }

  /** Told at the first node. */
  private static List<PlannedNode> withRefusals(List<PlannedNode> nodes, List<Declined> declined) {
    List<PlannedNode> told = new ArrayList<>(nodes);
    PlannedNode first = told.getFirst();
    List<Declined> all = new ArrayList<>(declined);
    all.addAll(first.declined());
    told.set(
        0, new PlannedNode(first.node(), first.runner(), all, first.replaced(), first.complaint()));
    return told;
  }
}
