package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.registry.BackendRegistry;

/**
 * Decides who runs a node: asks the candidates in order and keeps every refusal with its reasons.
 *
 * <p>With {@code auto} the candidates are all opened backends by priority, {@code cpu} last. A
 * backend that the user named is strict about what it claims: an op that it has but declines is an
 * error; ops that it does not have run on {@code cpu}.
 */
final class BackendChoice {
  private final List<OpenBackend> backends;
  private final String named;
  private final OpChoice ops;
  private final boolean strict;

  /**
   * @param backends the opened backends in the order in which they are asked, {@code cpu} last
   * @param options what the user chose
   */
  BackendChoice(List<OpenBackend> backends, EngineOptions options) {
    this.backends = backends;
    this.named = options.backend();
    this.ops = options.ops();
    this.strict = options.strict();
  }

  /** A decision about a whole layer: taken by a backend, or left to its default forward. */
  record LayerDecision(Optional<OpenBackend> taker, List<Declined> declined) {}

  LayerDecision chooseLayer(LayerCall call) {
    List<Declined> declined = new ArrayList<>();
    Optional<String> pinned = ops.layerBackend();
    for (OpenBackend candidate : layerCandidates(pinned)) {
      boolean none =
          candidate.problem().isEmpty() && !candidate.backend().layers().contains(call.type());
      if (pinned.isEmpty() && none) {
        continue; // having no such layer is no refusal: its ops may still run inside the default
        // forward
      }
      List<String> reasons = layerRefusal(candidate, call);
      if (reasons.isEmpty()) {
        return new LayerDecision(Optional.of(candidate), declined);
      }
      if (pinned.isPresent()) {
        throw declinedError(
            candidate.name(), "layer '" + call.layer() + "' (" + call.type() + ")", reasons);
      }
      declined.add(new Declined(candidate.name(), call.type(), reasons));
    }
    return new LayerDecision(Optional.empty(), declined);
  }

  PlannedNode chooseOp(Node node, List<Declined> layerDeclined) {
    Op op = node.op();
    List<Declined> declined = new ArrayList<>(layerDeclined);
    Optional<String> pinned = ops.pinned(op.type());
    for (OpenBackend candidate : backends) {
      List<String> reasons = opRefusal(candidate, op, pinned);
      if (reasons.isEmpty()) {
        return new PlannedNode(node, candidate, declined);
      }
      boolean claimed = candidate.backend().ops().contains(op.type());
      boolean mustRun =
          pinned.isPresent() ? candidate.name().equals(pinned.get()) : isNamed(candidate) && on(op);
      if (mustRun && (claimed || strict || pinned.isPresent())) {
        throw declinedError(
            candidate.name(), "op '" + op.type() + "' of '" + node.name() + "'", reasons);
      }
      declined.add(new Declined(candidate.name(), op.type(), reasons));
    }
    throw new BackendException(
        ErrorCode.OP_DECLINED,
        "Nobody runs op '"
            + op.type()
            + "' of '"
            + node.name()
            + "': "
            + declined.stream()
                .map(refusal -> refusal.backend() + ": " + String.join("; ", refusal.reasons()))
                .collect(Collectors.joining(" | "))
            + ".");
  }

  private List<OpenBackend> layerCandidates(Optional<String> pinned) {
    if (pinned.isEmpty()) {
      return backends;
    }
    if (pinned.get().equals(BackendRegistry.CPU)) {
      return List.of(); // the default forward, as separate ops
    }
    return backends.stream().filter(candidate -> candidate.name().equals(pinned.get())).toList();
  }

  private List<String> layerRefusal(OpenBackend candidate, LayerCall call) {
    if (candidate.problem().isPresent()) {
      return List.of(candidate.problem().get());
    }
    if (!candidate.backend().layers().contains(call.type())) {
      return List.of("has no layer '" + call.type() + "'");
    }
    return refusal(candidate, call);
  }

  private List<String> opRefusal(OpenBackend candidate, Op op, Optional<String> pinned) {
    boolean cpu = candidate.name().equals(BackendRegistry.CPU);
    if (pinned.isPresent() && !candidate.name().equals(pinned.get())) {
      return List.of("op list pins '" + op.type() + "' to '" + pinned.get() + "'");
    }
    if (!cpu && !on(op)) {
      return List.of("op list '" + ops + "' switches '" + op.type() + "' off");
    }
    if (candidate.problem().isPresent()) {
      return List.of(candidate.problem().get());
    }
    if (!candidate.backend().ops().contains(op.type())) {
      return List.of("has no op '" + op.type() + "'");
    }
    return refusal(candidate, op);
  }

  private boolean on(Op op) {
    return ops.enabled(op.type());
  }

  private boolean isNamed(OpenBackend candidate) {
    return candidate.name().equals(named);
  }

  private static List<String> refusal(OpenBackend candidate, Op op) {
    if (!candidate.backend().device().equals(HostStorage.DEVICE)) {
      return List.of(
          "computes on device '"
              + candidate.backend().device()
              + "'; plans of this version run on the host only");
    }
    Set<String> known = candidate.backend().features();
    List<String> unknown =
        op.features().stream().filter(feature -> !known.contains(feature)).toList();
    if (!unknown.isEmpty()) {
      return List.of("does not know the features " + unknown + " of this call");
    }
    return switch (candidate.backend().supports(op)) {
      case Support.Yes yes -> List.of();
      case Support.No no -> no.reasons();
    };
  }

  private BackendException declinedError(String backend, String what, List<String> reasons) {
    return new BackendException(
        ErrorCode.OP_DECLINED,
        "Backend '"
            + backend
            + "' was chosen but declines "
            + what
            + ": "
            + String.join("; ", reasons)
            + ". Choose 'auto', or change the op list '"
            + ops
            + "'.");
  }
}
