package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.PlannedNode.Complaint;

/**
 * Decides who runs an op on its own: asks the candidates in order and keeps every refusal with its
 * reasons.
 *
 * <p>A backend that the user named is strict about what it claims: an op that it has but declines,
 * and that no fused op of its own covers, is an error; ops that it does not have run on {@code
 * cpu}.
 */
final class OpSelection {
  private final Candidates candidates;
  private final OpChoice ops;
  private final boolean strict;

  OpSelection(Candidates candidates, EngineOptions options) {
    this.candidates = candidates;
    this.ops = options.ops();
    this.strict = options.strict();
  }

  /** Chooses who runs a node; what is wrong with the choice a fusion may yet settle. */
  PlannedNode choose(Node node, List<Declined> layerDeclined) {
    Op op = node.op();
    List<Declined> declined = new ArrayList<>(layerDeclined);
    Complaint complaint = null;
    Optional<String> pinned = ops.pinned(op.type());
    for (OpenBackend candidate : candidates.all()) {
      if (!candidates.mayBeAsked(candidate, pinned)) {
        continue; // opened for what the op list pins to it, and asked for nothing else
      }
      List<String> reasons = refusal(candidate, op);
      if (reasons.isEmpty()) {
        return new PlannedNode(node, candidate, declined, List.of(), complaint);
      }
      if (complaint == null) {
        complaint = complaint(candidate, op, node.name(), reasons);
      }
      declined.add(new Declined(candidate.name(), op.type(), reasons));
    }
    return new PlannedNode(
        node,
        null,
        declined,
        List.of(),
        complaint == null ? new Complaint("", nobody(node, declined)) : complaint);
  }

  /** Why a backend does not run an op; empty if it does. */
  List<String> refusal(OpenBackend candidate, Op op) {
    // What is switched off runs on cpu: there it is not refused.
    boolean listed = !Candidates.isCpu(candidate) || ops.pinned(op.type()).isPresent();
    Optional<String> against =
        listed ? candidates.listRefusal(candidate, op.type()) : Optional.empty();
    if (against.isPresent()) {
      return List.of(against.get());
    }
    if (candidate.problem().isPresent()) {
      return List.of(candidate.refusal());
    }
    if (!has(candidate, op)) {
      return List.of("has no op '" + op.type() + "'");
    }
    return candidates.ask(candidate, op);
  }

  /** The error that a refusal is if the user demands that backend; null if the user does not. */
  private @Nullable Complaint complaint(
      OpenBackend candidate, Op op, String node, List<String> reasons) {
    Optional<String> pinned = ops.pinned(op.type());
    boolean demanded =
        pinned.isPresent()
            ? candidate.name().equals(pinned.get())
            : candidates.isNamed(candidate)
                && ops.enabled(op.type())
                && (strict || has(candidate, op));
    return demanded ? complaint(candidate, op.type(), node, reasons) : null;
  }

  /** The error that a backend which the user demands declines. */
  Complaint complaint(OpenBackend candidate, String op, String node, List<String> reasons) {
    return new Complaint(
        candidate.name(),
        candidates.declined(candidate.name(), "op '" + op + "' of '" + node + "'", reasons));
  }

  private static boolean has(OpenBackend candidate, Op op) {
    return candidate.backend().ops().contains(op.type());
  }

  private static BackendException nobody(Node node, List<Declined> declined) {
    return new BackendException(
        ErrorCode.OP_DECLINED,
        "Nobody runs op '"
            + node.op().type()
            + "' of '"
            + node.name()
            + "': "
            + declined.stream()
                .map(refusal -> refusal.backend() + ": " + String.join("; ", refusal.reasons()))
                .collect(Collectors.joining(" | "))
            + ".");
  }
}
