package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.op.LayerCall;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.registry.BackendRegistry;

/** Decides whether a backend takes a layer whole. Lists of ops have no say in that. */
final class LayerSelection {
  private final Candidates candidates;
  private final OpChoice ops;

  LayerSelection(Candidates candidates, OpChoice ops) {
    this.candidates = candidates;
    this.ops = ops;
  }

  /**
   * A decision about a whole layer.
   *
   * @param taker who takes it; empty for its default forward
   * @param declined who was asked before
   * @param strict the named backend that has such a layer but declines this one: its own ops must
   *     run all of the default forward
   */
  record Decision(
      Optional<OpenBackend> taker, List<Declined> declined, Optional<OpenBackend> strict) {}

  Decision choose(LayerCall call) {
    List<Declined> declined = new ArrayList<>();
    Optional<OpenBackend> mustCover = Optional.empty();
    Optional<String> pinned = ops.layerBackend();
    for (OpenBackend candidate : candidates(pinned)) {
      Set<String> types = candidate.backend().layers();
      boolean other = candidate.problem().isEmpty() && !types.contains(call.type());
      if (other && (pinned.isEmpty() || !types.isEmpty())) {
        continue; // having no such layer is no refusal: its ops may still run in the default
        // forward
      }
      List<String> reasons = refusal(candidate, call);
      if (reasons.isEmpty()) {
        return new Decision(Optional.of(candidate), declined, Optional.empty());
      }
      if (pinned.isPresent()) {
        throw declined(candidate.name(), call, reasons);
      }
      declined.add(new Declined(candidate.name(), call.type(), reasons));
      if (candidates.isNamed(candidate)) {
        mustCover = Optional.of(candidate);
      }
    }
    return new Decision(Optional.empty(), declined, mustCover);
  }

  BackendException declined(String backend, LayerCall call, List<String> reasons) {
    return candidates.declined(
        backend, "layer '" + call.layer() + "' (" + call.type() + ")", reasons);
  }

  private List<OpenBackend> candidates(Optional<String> pinned) {
    if (pinned.equals(Optional.of(BackendRegistry.CPU))) {
      return List.of(); // the default forward, as separate ops
    }
    return candidates.all().stream()
        .filter(candidate ->
            pinned.isPresent()
                ? candidate.name().equals(pinned.get())
                : candidates.mayBeAsked(candidate, pinned))
        .toList();
  }

  private List<String> refusal(OpenBackend candidate, LayerCall call) {
    if (candidate.problem().isPresent()) {
      return List.of(candidate.refusal());
    }
    if (!candidate.backend().layers().contains(call.type())) {
      return List.of("has no layer '" + call.type() + "'");
    }
    return candidates.ask(candidate, call);
  }
}
