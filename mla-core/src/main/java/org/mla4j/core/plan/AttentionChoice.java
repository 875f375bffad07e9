package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.OpChoice;

/**
 * Decides how much of a layer is left to one attention op: the first form that a backend states and
 * supports; otherwise none, or, with an opaque split, the core's own.
 */
final class AttentionChoice {
  private final BackendChoice choice;
  private final OpChoice ops;
  private final AttentionSplit split;
  private final Map<String, List<Declined>> declined = new HashMap<>();
  private final Map<String, PlannedNode.Complaint> complaints = new LinkedHashMap<>();

  AttentionChoice(BackendChoice choice, OpChoice ops, AttentionSplit split) {
    this.choice = choice;
    this.ops = ops;
    this.split = split;
  }

  Optional<AttentionForm> of(String layer, Function<AttentionForm, CompositeOp> offer) {
    for (OpenBackend candidate : choice.candidatesFor(CompositeOp.MLA_ATTENTION)) {
      List<String> refusals = new ArrayList<>();
      for (AttentionForm form : candidate.backend().attentionForms()) {
        List<String> reasons =
            choice.compositeRefusal(
                candidate, offer.apply(form), ops.pinned(CompositeOp.MLA_ATTENTION));
        if (reasons.isEmpty()) {
          return Optional.of(form);
        }
        reasons.forEach(reason -> refusals.add(form + ": " + reason));
      }
      refuse(layer, candidate, refusals);
    }
    return split == AttentionSplit.OPAQUE ? Optional.of(AttentionForm.DEFAULT) : Optional.empty();
  }

  private void refuse(String layer, OpenBackend candidate, List<String> refusals) {
    List<String> reasons = refusals.isEmpty() ? List.of("states no attention form") : refusals;
    declined
        .computeIfAbsent(layer, key -> new ArrayList<>())
        .add(new Declined(candidate.name(), CompositeOp.MLA_ATTENTION, reasons));
    PlannedNode.Complaint complaint = choice.attentionComplaint(candidate, layer, reasons);
    if (complaint != null) {
      complaints.putIfAbsent(layer, complaint);
    }
  }

  /** Who declined the attention op of a layer. */
  List<Declined> declined(String layer) {
    return List.copyOf(declined.getOrDefault(layer, List.of()));
  }

  /** Layers whose separate attention ops must be run by a backend that declined them as one. */
  Map<String, PlannedNode.Complaint> complaints() {
    return Collections.unmodifiableMap(complaints);
  }
}
