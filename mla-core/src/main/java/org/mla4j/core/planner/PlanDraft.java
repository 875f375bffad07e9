package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Fusion;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.fusion.FusionRun;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.planner.PlanRecorder.Element;

/**
 * A plan while it is made: what a model recorded, with who runs each node; then fused; then with
 * the sub-plans of ops that nobody runs as one; then settled.
 */
final class PlanDraft {
  private final Candidates candidates;
  private final OpSelection ops;
  private final LayerSelection layers;
  private final AttentionSelection attention;
  private final FusionSelection fusing;
  private final Map<String, Element.CompositeElement> composites = new HashMap<>();
  private final List<Obligation> obligations = new ArrayList<>();
  private final Map<List<String>, Fusion> fusions = new LinkedHashMap<>();
  private List<PlannedNode> nodes = new ArrayList<>();
  private List<Before> before = List.of();

  /** A layer that a backend must run with ops of its own, or else. */
  private record Obligation(String layer, OpenBackend backend, BackendException error) {}

  PlanDraft(Candidates candidates, EngineOptions options) {
    this.candidates = candidates;
    this.ops = new OpSelection(candidates, options);
    this.layers = new LayerSelection(candidates, options.ops());
    this.attention = new AttentionSelection(candidates, ops, options);
    this.fusing = new FusionSelection(candidates, ops, options.ops());
  }

  /** How much of a layer is left to one attention op: asked while the model records. */
  AttentionSelection attention() {
    return attention;
  }

  /** Takes what a model recorded. */
  void record(List<Element> elements) {
    choose(elements, List.of(), nodes);
    before =
        nodes.stream()
            .map(planned ->
                new Before(
                    planned.node().name(),
                    planned.node().op().type(),
                    planned.runner() == null ? "" : planned.runner().name()))
            .toList();
  }

  private void choose(List<Element> elements, List<Declined> inherited, List<PlannedNode> chosen) {
    List<Declined> pending = inherited;
    for (Element element : elements) {
      switch (element) {
        case Element.OpElement(Node node) -> chosen.add(ops.choose(node, pending));
        case Element.CompositeElement composite -> {
          composites.put(composite.node().name(), composite);
          chosen.add(attention.choose(composite.node()));
        }
        case Element.LayerElement layer -> chooseLayer(layer, pending, chosen);
      }
      pending = List.of(); // a layer's refusals are told once, at its first node
    }
  }

  private void chooseLayer(
      Element.LayerElement layer, List<Declined> pending, List<PlannedNode> chosen) {
    LayerSelection.Decision decision = layers.choose(layer.call());
    List<Declined> declined = new ArrayList<>(pending);
    declined.addAll(decision.declined());
    if (decision.taker().isPresent()) {
      chosen.add(PlannedNode.by(layer.whole(), decision.taker().get(), declined));
      return;
    }
    String name = layer.call().layer();
    decision
        .strict()
        .ifPresent(backend ->
            obligations.add(
                new Obligation(
                    name,
                    backend,
                    layers.declined(
                        backend.name(), layer.call(), decision.declined().getLast().reasons()))));
    List<Element> inside = layer.expand();
    declined.addAll(attention.declined(name));
    choose(inside, declined, chosen);
  }

  /** Runs the passes of all backends, each asked in its turn, its own passes first. */
  void fuse(List<StepValue> kept) {
    for (OpenBackend candidate : candidates.all()) {
      if (candidate.problem().isEmpty()) {
        List<FusionPass> passes = new ArrayList<>(candidate.backend().fusionPasses());
        passes.addAll(FusionRun.corePasses());
        for (FusionPass pass : passes) {
          if (candidates.having(pass.fusedType()).contains(candidate)) {
            run(pass, candidate, kept);
          }
        }
      }
    }
  }

  private void run(FusionPass pass, OpenBackend candidate, List<StepValue> kept) {
    Map<String, PlannedNode> byName = new LinkedHashMap<>();
    nodes.forEach(planned -> byName.put(planned.node().name(), planned));
    var result = find(pass, candidate, kept, byName);
    for (var outcome : result.outcomes()) {
      List<PlannedNode> parts =
          outcome.match().nodes().stream().map(node -> byName.get(node.name())).toList();
      Node fused = outcome.fused();
      if (fused != null) {
        byName.put(fused.name(), fusedNode(fused, candidate, parts));
      }
      report(pass.fusedType(), parts, candidate, fused != null, outcome.reasons());
    }
    nodes = new ArrayList<>(result.nodes().stream().map(node -> byName.get(node.name())).toList());
  }

  /** A pass is a backend's own code: one that throws is named. */
  private FusionRun.Result find(
      FusionPass pass,
      OpenBackend candidate,
      List<StepValue> kept,
      Map<String, PlannedNode> byName) {
    List<Node> plain = nodes.stream().map(PlannedNode::node).toList();
    try {
      return FusionRun.run(pass, plain, kept, match -> fusing.refusal(candidate, match, byName));
    } catch (BackendException e) {
      throw e; // says already whose it is
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '"
              + candidate.name()
              + "': the fusion pass for '"
              + pass.fusedType()
              + "' failed: "
              + e,
          e);
    }
  }

  private static PlannedNode fusedNode(Node fused, OpenBackend runner, List<PlannedNode> parts) {
    List<Declined> declined = new ArrayList<>();
    List<Node> replaced = new ArrayList<>();
    PlannedNode.Complaint complaint = null;
    for (PlannedNode part : parts) {
      part.declined().stream().filter(it -> !declined.contains(it)).forEach(declined::add);
      if (part.replaced().isEmpty()) {
        replaced.add(part.node());
      } else {
        replaced.addAll(part.replaced());
      }
      if (complaint == null
          && part.complaint() != null
          && !part.complaint().settledBy(runner.name())) {
        complaint = part.complaint();
      }
    }
    return new PlannedNode(fused, runner, declined, replaced, complaint);
  }

  /** One line for each place, with all who were asked for it. */
  private void report(
      String type,
      List<PlannedNode> parts,
      OpenBackend candidate,
      boolean done,
      List<String> reasons) {
    List<String> names = parts.stream().map(part -> part.node().name()).toList();
    List<String> key = new ArrayList<>(names);
    key.addFirst(type);
    Fusion before = fusions.get(key);
    List<Declined> declined = new ArrayList<>(before == null ? List.of() : before.declined());
    if (!done) {
      declined.add(new Declined(candidate.name(), type, reasons));
    }
    fusions.put(key, new Fusion(type, names, done ? candidate.name() : "", declined));
  }

  /** Puts the sub-plans in the place of ops that nobody runs as one; one may hold another. */
  void expand() {
    while (nodes.stream().anyMatch(this::isOpen)) {
      List<PlannedNode> expanded = new ArrayList<>();
      for (PlannedNode planned : nodes) {
        Element.CompositeElement composite = composites.get(planned.node().name());
        if (composite != null && isOpen(planned)) {
          choose(composite.expand(), planned.declined(), expanded);
        } else {
          expanded.add(planned);
        }
      }
      nodes = expanded;
    }
  }

  private boolean isOpen(PlannedNode planned) {
    return planned.runner() == null && composites.containsKey(planned.node().name());
  }

  /** Throws what is still wrong with the choices. */
  void settle() {
    for (PlannedNode planned : nodes) {
      if (planned.complaint() != null) {
        throw planned.complaint().error();
      }
    }
    for (Obligation obligation : obligations) {
      for (PlannedNode planned : nodes) {
        if (planned.node().layer().equals(obligation.layer())
            && !planned.backend().equals(obligation.backend())) {
          throw obligation.error();
        }
      }
    }
    attention.complaints().forEach(this::requireAttention);
    Set<String> types = new HashSet<>();
    nodes.forEach(planned -> types.add(planned.node().op().type()));
    fusing.requirePins(types, refusalsByType());
  }

  private void requireAttention(String layer, PlannedNode.Complaint complaint) {
    for (PlannedNode planned : nodes) {
      boolean attends =
          planned.node().op() instanceof MlaDecodeAttention
              || planned.node().op() instanceof MlaPrefillAttention;
      if (attends
          && planned.node().layer().equals(layer)
          && !planned.backend().name().equals(complaint.backend())) {
        throw complaint.error();
      }
    }
  }

  private Map<String, List<String>> refusalsByType() {
    Map<String, List<String>> refusals = new HashMap<>();
    for (Fusion fusion : fusions.values()) {
      for (Declined declined : fusion.declined()) {
        List<String> reasons = refusals.computeIfAbsent(fusion.op(), key -> new ArrayList<>());
        declined.reasons().stream().filter(it -> !reasons.contains(it)).forEach(reasons::add);
      }
    }
    return refusals;
  }

  List<PlannedNode> nodes() {
    return List.copyOf(nodes);
  }

  List<Before> before() {
    return before;
  }

  List<Fusion> fusions() {
    return List.copyOf(fusions.values());
  }
}
