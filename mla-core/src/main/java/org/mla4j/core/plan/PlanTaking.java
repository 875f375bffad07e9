package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.core.registry.BackendRegistry;

/** Offers a finished plan to the backends that compile whole plans. */
final class PlanTaking {
  private PlanTaking() {}

  /** The plan as one node if a backend takes it, otherwise as it is. */
  static List<PlannedNode> offer(List<PlannedNode> nodes, BackendChoice choice, Optional<String> pinnedTo) {
    boolean pinned = pinnedTo.isPresent();
    if (pinnedTo.equals(Optional.of(BackendRegistry.CPU))) {
      return nodes;
    }
    List<Node> plain = nodes.stream().map(PlannedNode::node).toList();
    List<Declined> declined = new ArrayList<>();
    for (OpenBackend candidate : choice.planCandidates()) {
      Optional<Support> answer = ask(candidate, plain, choice);
      if (answer.isEmpty()) {
        if (pinned) {
          throw choice.planDeclined(candidate.name(), List.of("takes no whole plans"));
        }
        continue;
      }
      List<String> reasons = new ArrayList<>(choice.planRefusal(candidate, plain));
      if (answer.get() instanceof Support.No no) {
        reasons.addAll(no.reasons());
      }
      if (reasons.isEmpty()) {
        Node whole = new Node(WholePlan.TYPE, "", Rows.ALL, new WholePlan(plain));
        return List.of(PlannedNode.by(whole, candidate, declined));
      }
      if (pinned) {
        throw choice.planDeclined(candidate.name(), reasons);
      }
      declined.add(new Declined(candidate.name(), WholePlan.TYPE, reasons));
    }
    return declined.isEmpty() ? nodes : withRefusals(nodes, declined);
  }

  private static List<PlannedNode> withRefusals(
      List<PlannedNode> nodes, List<Declined> declined) {
    List<PlannedNode> told = new ArrayList<>(nodes);
    PlannedNode first = told.getFirst();
    List<Declined> all = new ArrayList<>(declined);
    all.addAll(first.declined());
    told.set(
        0,
        new PlannedNode(first.node(), first.runner(), all, first.replaced(), first.complaint()));
    return told;
  }

  private static Optional<Support> ask(
      OpenBackend candidate, List<Node> nodes, BackendChoice choice) {
    try {
      Optional<Support> answer = candidate.backend().supportsPlan(nodes);
      if (answer.isPresent()) {
        choice.consulted(candidate);
        if (!candidate.backend().device().equals(HostStorage.DEVICE)) {
          return Optional.of(
              Support.no(
                  "computes on device '"
                      + candidate.backend().device()
                      + "'; plans of this version run on the host only"));
        }
      }
      return answer;
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '" + candidate.name() + "' failed to say whether it takes the plan: " + e,
          e);
    }
  }
}
