package org.mla4j.tck.harness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

/** The nodes of a plan as they are added, layers as separate ops. */
public final class NodeList implements PlanBuilder {
  private final Shared shared;
  private final String scope;

  private static final class Shared {
    private final CacheLayout layout;
    private final int positions;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<RopeSpec, RopeTable> ropes = new HashMap<>();
    private @Nullable LayerCall call;

    Shared(CacheLayout layout, int positions) {
      this.layout = layout;
      this.positions = positions;
    }
  }

  /** Caches lie in a given layout; rope tables have so many positions. */
  public NodeList(CacheLayout layout, int positions) {
    this(new Shared(layout, positions), "");
  }

  private NodeList(Shared shared, String scope) {
    this.shared = shared;
    this.scope = scope;
  }

  public List<Node> nodes() {
    return List.copyOf(shared.nodes);
  }

  /** The layer added last. */
  public LayerCall call() {
    return java.util.Objects.requireNonNull(shared.call);
  }

  @Override
  public PlanBuilder scope(String name) {
    return new NodeList(shared, name(name));
  }

  @Override
  public String name(String name) {
    return scope.isEmpty() ? name : scope + "." + name;
  }

  @Override
  public CacheValue cache(String name, CacheSpec spec) {
    return new CacheValue(name(name), scope, spec, shared.layout);
  }

  @Override
  public WeightHandle ropeTable(RopeSpec rope) {
    return shared.ropes.computeIfAbsent(rope, spec -> RopeTable.of(spec, shared.positions));
  }

  @Override
  public void add(String name, Rows rows, Op op) {
    shared.nodes.add(new Node(name(name), scope, rows, op));
  }

  @Override
  public void layer(LayerCall call, DefaultForward defaultForward) {
    shared.call = call;
    defaultForward.contribute(new NodeList(shared, call.layer()));
  }
}
