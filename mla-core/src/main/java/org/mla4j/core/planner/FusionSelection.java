package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.plan.FusionPass.Match;
import org.mla4j.api.plan.Node;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.registry.BackendRegistry;

/**
 * Decides whether a backend may run a fused op in the place of some nodes. None of them may be
 * switched off, pinned to another backend, or run by one that is asked before.
 */
final class FusionSelection {
  private final Candidates candidates;
  private final OpSelection selection;
  private final OpChoice ops;

  FusionSelection(Candidates candidates, OpSelection selection, OpChoice ops) {
    this.candidates = candidates;
    this.selection = selection;
    this.ops = ops;
  }

  /** Why a backend does not; empty if it does. */
  List<String> refusal(OpenBackend candidate, Match match, Map<String, PlannedNode> nodes) {
    List<String> reasons = new ArrayList<>();
    boolean pinned = ops.pinned(match.fused().type()).filter(candidate.name()::equals).isPresent();
    for (Node node : match.nodes()) {
      candidates.listRefusal(candidate, node.op().type()).ifPresent(reasons::add);
      PlannedNode planned = nodes.get(node.name());
      if (!pinned
          && planned != null
          && planned.runner() != null
          && candidates.isBefore(planned.runner(), candidate)) {
        reasons.add(
            "'"
                + node.name()
                + "' is run by '"
                + planned.runner().name()
                + "', which is asked before '"
                + candidate.name()
                + "'");
      }
    }
    candidates.listRefusal(candidate, match.fused().type()).ifPresent(reasons::add);
    if (reasons.isEmpty()) {
      reasons.addAll(selection.refusal(candidate, match.fused()));
    }
    return reasons.stream().distinct().toList();
  }

  /**
   * A user who pins an op that takes the place of others wants to see it run.
   *
   * @param typesThatRun the ops of the plan
   * @param refusals by type, why places were refused
   */
  void requirePins(Set<String> typesThatRun, Map<String, List<String>> refusals) {
    ops.pins()
        .forEach((type, backend) -> {
          if (isLarger(type, backend) && !typesThatRun.contains(type)) {
            boolean has =
                candidates.having(type).stream().anyMatch(it -> it.name().equals(backend));
            List<String> otherwise =
                has
                    ? refusals.getOrDefault(type, List.of("the plan has no place for it"))
                    : List.of("has no op '" + type + "'");
            throw candidates.declined(backend, "op '" + type + "'", otherwise);
          }
        });
  }

  /** Attention as one op, pinned to cpu, stands for separate ops. */
  private static boolean isLarger(String type, String backend) {
    return FusedOp.VOCABULARY.contains(type)
        || OpChoice.isVendorOp(type)
        || (type.equals(CompositeOp.MLA_ATTENTION) && !backend.equals(BackendRegistry.CPU));
  }
}
