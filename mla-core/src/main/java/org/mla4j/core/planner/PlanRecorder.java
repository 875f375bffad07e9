package org.mla4j.core.planner;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.api.weight.WeightHandle;

/**
 * Records what a model adds. A pluggable layer stays one element until somebody decides between
 * taking it whole and its default forward.
 */
final class PlanRecorder implements PlanBuilder {
  /** Something a model added. */
  sealed interface Element {
    /** One op. */
    record OpElement(Node node) implements Element {}

    /** One op that is defined by a sub-plan. */
    record CompositeElement(Node node, PlanRecorder inside, DefaultForward body)
        implements Element {
      /** The nodes of the sub-plan. */
      List<Element> expand() {
        body.contribute(inside);
        return List.copyOf(inside.elements);
      }
    }

    /** One pluggable layer, whole or to be expanded. */
    record LayerElement(Node whole, LayerCall call, PlanRecorder inside, DefaultForward forward)
        implements Element {
      /** The nodes of the default forward; layers inside it are expanded in their turn. */
      List<Element> expand() {
        forward.contribute(inside);
        return List.copyOf(inside.elements);
      }
    }
  }

  /** What is decided while a plan is recorded. */
  interface Decisions {
    /** How a cache lies in memory. */
    CacheLayout layout(CacheSpec spec);

    /** How much of a layer is left to one attention op. */
    Optional<AttentionForm> attentionForm(String layer, Function<AttentionForm, CompositeOp> offer);
  }

  /** What all scopes of one plan share. */
  private static final class Shared {
    private final int ropePositions;
    private final Decisions decisions;
    private final Map<RopeSpec, RopeTable> ropes = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private final List<CacheValue> caches = new ArrayList<>();

    Shared(int ropePositions, Decisions decisions) {
      this.ropePositions = ropePositions;
      this.decisions = decisions;
    }
  }

  private final Shared shared;
  private final String scope;
  private final String layer;
  private final List<Element> elements;

  private PlanRecorder(Shared shared, String scope, String layer, List<Element> elements) {
    this.shared = shared;
    this.scope = scope;
    this.layer = layer;
    this.elements = elements;
  }

  /** Starts a plan whose sequences have at most the given number of positions. */
  static PlanRecorder start(int ropePositions, Decisions decisions) {
    return new PlanRecorder(new Shared(ropePositions, decisions), "", "", new ArrayList<>());
  }

  List<Element> elements() {
    return List.copyOf(elements);
  }

  List<CacheValue> caches() {
    return List.copyOf(shared.caches);
  }

  @Override
  public PlanBuilder scope(String name) {
    return new PlanRecorder(shared, name(name), name(name), elements);
  }

  @Override
  public String name(String name) {
    return scope.isEmpty() ? name : scope + "." + name;
  }

  @Override
  public CacheValue cache(String name, CacheSpec spec) {
    CacheValue cache =
        new CacheValue(unique(name(name)), layer, spec, shared.decisions.layout(spec));
    shared.caches.add(cache);
    return cache;
  }

  @Override
  public WeightHandle ropeTable(RopeSpec rope) {
    return shared.ropes.computeIfAbsent(rope, spec -> RopeTable.of(spec, shared.ropePositions));
  }

  @Override
  public void add(String name, Rows rows, Op op) {
    elements.add(new Element.OpElement(new Node(unique(name(name)), layer, rows, op)));
  }

  @Override
  public void composite(String name, Rows rows, CompositeOp op, DefaultForward body) {
    Node node = new Node(unique(name(name)), layer, rows, op);
    PlanRecorder inside = new PlanRecorder(shared, scope, layer, new ArrayList<>());
    elements.add(new Element.CompositeElement(node, inside, body));
  }

  @Override
  public Optional<AttentionForm> attentionForm(Function<AttentionForm, CompositeOp> offer) {
    return shared.decisions.attentionForm(layer, offer);
  }

  @Override
  public void layer(LayerCall call, DefaultForward defaultForward) {
    String name = unique(call.layer());
    Node whole = new Node(name, name, Rows.ALL, call);
    elements.add(
        new Element.LayerElement(
            whole, call, new PlanRecorder(shared, name, name, new ArrayList<>()), defaultForward));
  }

  private String unique(String name) {
    if (!shared.names.add(name)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Two nodes or layers of the plan are named '" + name + "'; expected one.");
    }
    return name;
  }
}
