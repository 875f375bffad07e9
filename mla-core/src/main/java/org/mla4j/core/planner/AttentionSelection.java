package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.PlannedNode.Complaint;

/**
 * Decides how much of a layer is left to one attention op: the first form that a backend states and
 * supports; otherwise none, or, with an opaque split, the core's own.
 */
final class AttentionSelection {
  private final Candidates candidates;
  private final OpSelection selection;
  private final OpChoice ops;
  private final AttentionSplit split;
  private final Map<String, List<Declined>> declined = new HashMap<>();
  private final Map<String, Complaint> complaints = new LinkedHashMap<>();

  AttentionSelection(Candidates candidates, OpSelection selection, EngineOptions options) {
    this.candidates = candidates;
    this.selection = selection;
    this.ops = options.ops();
    this.split = options.attentionSplit();
  }

  /** The form of the attention op of a layer; empty for separate ops. */
  Optional<AttentionForm> form(String layer, Function<AttentionForm, CompositeOp> offer) {
    for (OpenBackend candidate : candidates.having(CompositeOp.MLA_ATTENTION)) {
      List<String> refusals = new ArrayList<>();
      boolean declines = false;
      for (AttentionForm form : candidate.backend().attentionForms()) {
        CompositeOp op = offer.apply(form);
        List<String> reasons = listRefusals(candidate, op);
        if (reasons.isEmpty()) {
          reasons = selection.refusal(candidate, op);
          declines |= !reasons.isEmpty();
        }
        if (reasons.isEmpty()) {
          return Optional.of(form);
        }
        reasons.forEach(reason -> refusals.add(form + ": " + reason));
      }
      List<String> reasons = refusals.isEmpty() ? List.of("states no attention form") : refusals;
      declined
          .computeIfAbsent(layer, key -> new ArrayList<>())
          .add(new Declined(candidate.name(), CompositeOp.MLA_ATTENTION, reasons));
      // What the user's own list forbids is not the backend's refusal.
      if ((declines || refusals.isEmpty()) && isDemanded(candidate)) {
        complaints.putIfAbsent(
            layer, selection.complaint(candidate, CompositeOp.MLA_ATTENTION, layer, reasons));
      }
    }
    return split == AttentionSplit.OPAQUE ? Optional.of(AttentionForm.DEFAULT) : Optional.empty();
  }

  private boolean isDemanded(OpenBackend candidate) {
    return ops.pinned(CompositeOp.MLA_ATTENTION)
        .map(candidate.name()::equals)
        .orElse(candidates.isNamed(candidate) && ops.enabled(CompositeOp.MLA_ATTENTION));
  }

  /** Chooses who runs an op that is defined by a sub-plan; nobody is an answer too. */
  PlannedNode choose(Node node) {
    List<Declined> refusals = new ArrayList<>();
    for (OpenBackend candidate : candidates.having(node.op().type())) {
      List<String> reasons = refusal(candidate, node.op());
      if (reasons.isEmpty()) {
        return PlannedNode.by(node, candidate, refusals);
      }
      refusals.add(new Declined(candidate.name(), node.op().type(), reasons));
    }
    return new PlannedNode(node, null, refusals, List.of(), null);
  }

  /** Why a backend does not run such an op; empty if it does. */
  private List<String> refusal(OpenBackend candidate, Op op) {
    if (op instanceof MlaAttention attention
        && !candidate.backend().attentionForms().contains(attention.form())) {
      return List.of("has no attention of form '" + attention.form() + "'");
    }
    List<String> reasons = listRefusals(candidate, op);
    return reasons.isEmpty() ? selection.refusal(candidate, op) : reasons;
  }

  /** What the op list has against the op and the separate ops whose work it does. */
  private List<String> listRefusals(OpenBackend candidate, Op op) {
    List<String> reasons = new ArrayList<>();
    candidates.listRefusal(candidate, op.type()).ifPresent(reasons::add);
    if (op instanceof MlaAttention attention) {
      for (String type : attention.form().covers()) {
        candidates.listRefusal(candidate, type).ifPresent(reasons::add);
      }
    }
    return reasons;
  }

  /** Who declined the attention op of a layer. */
  List<Declined> declined(String layer) {
    return List.copyOf(declined.getOrDefault(layer, List.of()));
  }

  /** Layers whose separate attention ops must be run by a backend that declined them as one. */
  Map<String, Complaint> complaints() {
    return Collections.unmodifiableMap(complaints);
  }
}
