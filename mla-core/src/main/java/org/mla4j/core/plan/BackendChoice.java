package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.FusionPass.Match;
import org.mla4j.api.plan.Node;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.PlannedNode.Complaint;
import org.mla4j.core.registry.BackendRegistry;

/**
 * Decides who runs a node: asks the candidates in order and keeps every refusal with its reasons.
 *
 * <p>With {@code auto} the candidates are all opened backends by priority, {@code cpu} last. A
 * backend that the user named is strict about what it claims: an op that it has but declines, and
 * that no fused op of its own covers, is an error; ops that it does not have run on {@code cpu}.
 */
final class BackendChoice {
  private final List<OpenBackend> backends;
  private final String named;
  private final OpChoice ops;
  private final boolean strict;
  private final Set<String> consulted = new HashSet<>();

  /**
   * @param backends the opened backends in the order in which they are asked, {@code cpu} last
   * @param options what the user chose
   */
  BackendChoice(List<OpenBackend> backends, EngineOptions options) {
    this.backends = backends;
    this.named = options.backend();
    this.ops = options.ops();
    this.strict = options.strict();
    ops.vendorOps().forEach(this::requireKnown);
  }

  private void requireKnown(String vendorOp) {
    Set<String> known = new HashSet<>();
    backends.forEach(backend -> known.addAll(backend.backend().ops()));
    if (!known.contains(vendorOp)) {
      throw new InvalidInputException(
          ErrorCode.OP_CHOICE,
          "Op list '"
              + ops
              + "' names the op '"
              + vendorOp
              + "', which no opened backend has; opened are "
              + backends.stream().map(OpenBackend::name).collect(Collectors.joining(", "))
              + ".");
    }
  }

  /** The backends in the order in which they are asked. */
  List<OpenBackend> backends() {
    return backends;
  }

  /** The names of those that were asked for anything. */
  Set<String> consulted() {
    return Set.copyOf(consulted);
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

  BackendException layerDeclined(String backend, LayerCall call, List<String> reasons) {
    return declinedError(backend, "layer '" + call.layer() + "' (" + call.type() + ")", reasons);
  }

  /** Chooses who runs an op on its own; what is wrong with the choice a fusion may yet settle. */
  PlannedNode chooseOp(Node node, List<Declined> layerDeclined) {
    Op op = node.op();
    List<Declined> declined = new ArrayList<>(layerDeclined);
    Complaint complaint = null;
    Optional<String> pinned = ops.pinned(op.type());
    for (OpenBackend candidate : backends) {
      if (!isCandidate(candidate, pinned)) {
        continue; // opened for what the op list pins to it, and asked for nothing else
      }
      List<String> reasons = opRefusal(candidate, op, pinned);
      if (reasons.isEmpty()) {
        return new PlannedNode(node, candidate, declined, List.of(), complaint);
      }
      if (complaint == null && mustRun(candidate, op, pinned)) {
        complaint =
            new Complaint(
                candidate.name(),
                declinedError(
                    candidate.name(), "op '" + op.type() + "' of '" + node.name() + "'", reasons));
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

  /** Chooses who runs an op that is defined by a sub-plan; nobody is an answer too. */
  PlannedNode chooseComposite(Node node) {
    List<Declined> declined = new ArrayList<>();
    Optional<String> pinned = ops.pinned(node.op().type());
    for (OpenBackend candidate : backends) {
      if (isCandidate(candidate, pinned) && has(candidate, node.op())) {
        List<String> reasons = compositeRefusal(candidate, node.op(), pinned);
        if (reasons.isEmpty()) {
          return PlannedNode.by(node, candidate, declined);
        }
        declined.add(new Declined(candidate.name(), node.op().type(), reasons));
      }
    }
    return new PlannedNode(node, null, declined, List.of(), null);
  }

  /** The backends that may be asked for an op, in order, if it is among their types. */
  List<OpenBackend> candidatesFor(String opType) {
    Optional<String> pinned = ops.pinned(opType);
    return backends.stream()
        .filter(candidate -> isCandidate(candidate, pinned))
        .filter(candidate -> candidate.problem().isEmpty())
        .filter(candidate -> candidate.backend().ops().contains(opType))
        .toList();
  }

  /** Why a backend does not run an op that is defined by a sub-plan; empty if it does. */
  List<String> compositeRefusal(OpenBackend candidate, Op op, Optional<String> pinned) {
    List<String> reasons = new ArrayList<>(opRefusal(candidate, op, pinned));
    if (op instanceof MlaAttention attention) {
      if (!candidate.backend().attentionForms().contains(attention.form())) {
        reasons.add("has no attention of form '" + attention.form() + "'");
      }
      for (String type : attention.form().covers()) {
        listRefusal(candidate, type).ifPresent(reasons::add);
      }
    }
    return reasons;
  }

  /** Why a backend does not run a fused op in the place of some nodes; empty if it does. */
  List<String> fusionRefusal(OpenBackend candidate, Match match, Map<String, PlannedNode> nodes) {
    List<String> reasons = new ArrayList<>();
    for (Node node : match.nodes()) {
      String type = node.op().type();
      listRefusal(candidate, type).ifPresent(reasons::add);
      PlannedNode planned = nodes.get(node.name());
      if (planned != null
          && planned.runner() != null
          && backends.indexOf(planned.runner()) < backends.indexOf(candidate)) {
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
    String fused = match.fused().type();
    listRefusal(candidate, fused).ifPresent(reasons::add);
    if (reasons.isEmpty()) {
      reasons.addAll(opRefusal(candidate, match.fused(), ops.pinned(fused)));
    }
    return reasons.stream().distinct().toList();
  }

  /** What the op list has against an op running, within a larger one, on a backend. */
  private Optional<String> listRefusal(OpenBackend candidate, String type) {
    Optional<String> pinned = ops.pinned(type);
    if (pinned.isPresent() && !pinned.get().equals(candidate.name())) {
      return Optional.of("op list pins '" + type + "' to '" + pinned.get() + "'");
    }
    return ops.enabled(type)
        ? Optional.empty()
        : Optional.of("op list '" + ops + "' switches '" + type + "' off");
  }

  /** Why the plan must not be taken whole by a backend, supports aside; empty if it may. */
  List<String> planRefusal(OpenBackend candidate, List<Node> nodes) {
    List<String> reasons = new ArrayList<>();
    for (Node node : nodes) {
      if (!(node.op() instanceof LayerCall)) {
        listRefusal(candidate, node.op().type()).ifPresent(reasons::add);
      }
    }
    return reasons.stream().distinct().toList();
  }

  /** Who may take the plan whole, in order. */
  List<OpenBackend> planCandidates() {
    Optional<String> pinned = ops.planBackend();
    return backends.stream()
        .filter(candidate -> candidate.problem().isEmpty())
        .filter(
            candidate ->
                pinned.isPresent()
                    ? candidate.name().equals(pinned.get())
                    : isCandidate(candidate, Optional.empty()))
        .toList();
  }

  BackendException planDeclined(String backend, List<String> reasons) {
    return declinedError(backend, "the whole plan", reasons);
  }

  /** A user who pins a fused op wants to see it run. */
  void requirePins(Set<String> typesThatRun, Map<String, List<String>> refusals) {
    ops.pins()
        .forEach(
            (type, backend) -> {
              boolean separate = !isFusedOrVendor(type);
              if (!separate && !typesThatRun.contains(type)) {
                throw declinedError(
                    backend,
                    "op '" + type + "'",
                    refusals.getOrDefault(type, List.of("the plan has no place for it")));
              }
            });
  }

  private static boolean isFusedOrVendor(String type) {
    return type.indexOf(':') >= 0 || org.mla4j.api.op.FusedOp.VOCABULARY.contains(type);
  }

  private BackendException nobody(Node node, List<Declined> declined) {
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

  private boolean mustRun(OpenBackend candidate, Op op, Optional<String> pinned) {
    if (pinned.isPresent()) {
      return candidate.name().equals(pinned.get());
    }
    return isNamed(candidate) && ops.enabled(op.type()) && (strict || has(candidate, op));
  }

  private static boolean has(OpenBackend candidate, Op op) {
    return candidate.backend().ops().contains(op.type());
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
    return ask(candidate, call);
  }

  List<String> opRefusal(OpenBackend candidate, Op op, Optional<String> pinned) {
    boolean cpu = candidate.name().equals(BackendRegistry.CPU);
    if (pinned.isPresent() && !candidate.name().equals(pinned.get())) {
      return List.of("op list pins '" + op.type() + "' to '" + pinned.get() + "'");
    }
    if (!cpu && !ops.enabled(op.type())) {
      return List.of("op list '" + ops + "' switches '" + op.type() + "' off");
    }
    if (candidate.problem().isPresent()) {
      return List.of(candidate.refusal());
    }
    if (!has(candidate, op)) {
      return List.of("has no op '" + op.type() + "'");
    }
    return ask(candidate, op);
  }

  private List<String> ask(OpenBackend candidate, Op op) {
    consulted.add(candidate.name());
    return Question.supports(candidate, op);
  }

  /** Notes that a backend was asked something. */
  void consulted(OpenBackend candidate) {
    consulted.add(candidate.name());
  }

  /** With a named backend only that one, cpu, and whoever an op is pinned to are asked. */
  private boolean isCandidate(OpenBackend candidate, Optional<String> pinned) {
    return named.equals(EngineOptions.AUTO)
        || isNamed(candidate)
        || candidate.name().equals(BackendRegistry.CPU)
        || pinned.filter(candidate.name()::equals).isPresent();
  }

  boolean isNamed(OpenBackend candidate) {
    return candidate.name().equals(named);
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

  /** The attention op of a layer that a named backend has but declines, as an error to be. */
  @Nullable Complaint attentionComplaint(OpenBackend candidate, String layer, List<String> reasons) {
    Optional<String> pinned = ops.pinned(MlaAttention.TYPE);
    boolean must =
        pinned.isPresent()
            ? candidate.name().equals(pinned.get())
            : isNamed(candidate) && ops.enabled(MlaAttention.TYPE);
    return must
        ? new Complaint(
            candidate.name(),
            declinedError(
                candidate.name(), "op '" + MlaAttention.TYPE + "' of '" + layer + "'", reasons))
        : null;
  }
}
