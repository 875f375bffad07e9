package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mla4j.api.backend.Backend;
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

  /**
   * A decision about a whole layer.
   *
   * @param taker who takes it; empty for its default forward
   * @param declined who was asked before
   * @param strict the named backend that has such a layer but declines this one: its own ops must
   *     run all of the default forward
   */
  record LayerDecision(
      Optional<OpenBackend> taker, List<Declined> declined, Optional<OpenBackend> strict) {}

  LayerDecision chooseLayer(LayerCall call) {
    List<Declined> declined = new ArrayList<>();
    Optional<OpenBackend> mustCover = Optional.empty();
    Optional<String> pinned = ops.layerBackend();
    for (OpenBackend candidate : layerCandidates(pinned)) {
      Set<String> types = candidate.backend().layers();
      boolean other = candidate.problem().isEmpty() && !types.contains(call.type());
      if (other && (pinned.isEmpty() || !types.isEmpty())) {
        continue; // having no such layer is no refusal: its ops may still run in the default
        // forward
      }
      List<String> reasons = layerRefusal(candidate, call);
      if (reasons.isEmpty()) {
        return new LayerDecision(Optional.of(candidate), declined, Optional.empty());
      }
      if (pinned.isPresent()) {
        throw layerDeclined(candidate.name(), call, reasons);
      }
      declined.add(new Declined(candidate.name(), call.type(), reasons));
      if (isNamed(candidate)) {
        mustCover = Optional.of(candidate);
      }
    }
    return new LayerDecision(Optional.empty(), declined, mustCover);
  }

  /**
   * A named backend that declines a layer is an error unless its own ops run the default forward.
   */
  void requireCovered(LayerCall call, LayerDecision decision, List<PlannedNode> defaultForward) {
    if (decision.strict().isPresent()) {
      OpenBackend backend = decision.strict().get();
      if (!defaultForward.stream().allMatch(node -> node.backend().equals(backend))) {
        throw layerDeclined(backend.name(), call, decision.declined().getLast().reasons());
      }
    }
  }

  private BackendException layerDeclined(String backend, LayerCall call, List<String> reasons) {
    return declinedError(backend, "layer '" + call.layer() + "' (" + call.type() + ")", reasons);
  }

  PlannedNode chooseOp(Node node, List<Declined> layerDeclined) {
    Op op = node.op();
    List<Declined> declined = new ArrayList<>(layerDeclined);
    Optional<String> pinned = ops.pinned(op.type());
    for (OpenBackend candidate : backends) {
      if (!isCandidate(candidate, pinned)) {
        continue; // opened for what the op list pins to it, and asked for nothing else
      }
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
      return backends.stream().filter(candidate -> isCandidate(candidate, pinned)).toList();
    }
    if (pinned.get().equals(BackendRegistry.CPU)) {
      return List.of(); // the default forward, as separate ops
    }
    return backends.stream().filter(candidate -> candidate.name().equals(pinned.get())).toList();
  }

  private List<String> layerRefusal(OpenBackend candidate, LayerCall call) {
    if (candidate.problem().isPresent()) {
      return List.of(candidate.refusal());
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
      return List.of(candidate.refusal());
    }
    if (!candidate.backend().ops().contains(op.type())) {
      return List.of("has no op '" + op.type() + "'");
    }
    return refusal(candidate, op);
  }

  /** With a named backend only that one, cpu, and whoever an op is pinned to are asked. */
  private boolean isCandidate(OpenBackend candidate, Optional<String> pinned) {
    return named.equals(EngineOptions.AUTO)
        || isNamed(candidate)
        || candidate.name().equals(BackendRegistry.CPU)
        || pinned.filter(candidate.name()::equals).isPresent();
  }

  private boolean on(Op op) {
    return ops.enabled(op.type());
  }

  private boolean isNamed(OpenBackend candidate) {
    return candidate.name().equals(named);
  }

  /** Asks a backend; one that throws instead of answering is named. */
  private static List<String> refusal(OpenBackend candidate, Op op) {
    try {
      return ask(candidate.backend(), op);
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '"
              + candidate.name()
              + "' failed to say whether it supports '"
              + op.type()
              + "': "
              + e,
          e);
    }
  }

  private static List<String> ask(Backend backend, Op op) {
    if (!backend.device().equals(HostStorage.DEVICE)) {
      return List.of(
          "computes on device '"
              + backend.device()
              + "'; plans of this version run on the host only");
    }
    Set<String> known = backend.features();
    List<String> unknown =
        op.features().stream().filter(feature -> !known.contains(feature)).toList();
    if (!unknown.isEmpty()) {
      return List.of("does not know the features " + unknown + " of this call");
    }
    return switch (backend.supports(op)) {
      case Support.Yes _ -> List.of();
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
            + ". Choose 'auto', or "
            + (ops.toString().isEmpty()
                ? "give an op list."
                : "change the op list '" + ops + "'."));
  }
}
