package org.mla4j.core.residency;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.plan.ContextGroups;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.Place;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.Residency;

/**
 * Puts {@code copy_to} nodes wherever a node reads what was computed on another device. Each value
 * stays where it was computed; it is copied when a node elsewhere needs it, once for all who need
 * it there, and only those rows that are needed. Ids are copied to the host at the end.
 *
 * <p>A group of nodes that runs in several passes and on several devices keeps what enters it up to
 * date on all of them: which device wrote last differs between its first pass and the next.
 */
public final class DeviceCopies {
  private final BiFunction<OpenBackend, Op, List<String>> refusal;
  private final Map<String, OpenBackend> backends = new HashMap<>();
  private final Map<Place, StepValue> names = new LinkedHashMap<>();
  private final Map<String, Integer> copies = new HashMap<>();
  private final Whereabouts whereabouts = new Whereabouts();
  private final List<PlannedNode> placed = new ArrayList<>();

  private DeviceCopies(BiFunction<OpenBackend, Op, List<String>> refusal) {
    this.refusal = refusal;
  }

  /**
   * A plan with its copies.
   *
   * @param nodes the nodes, copies among them
   * @param residency where values and caches lie
   */
  public record Placed(List<PlannedNode> nodes, Residency residency) {}

  /**
   * Places the values of a plan.
   *
   * @param nodes the plan, with who runs each node
   * @param logits read after a step, wherever they are
   * @param sampled read after a step on the host
   * @param refusal why a backend does not run an op of one of its types; empty if it does
   * @return the plan with copies; as it was if all runs on the host
   * @throws BackendException if a backend with a device of its own does not run a copy
   */
  public static Placed place(
      List<PlannedNode> nodes,
      StepValue logits,
      StepValue sampled,
      BiFunction<OpenBackend, Op, List<String>> refusal) {
    DeviceCopies copies = new DeviceCopies(refusal);
    int[] ends = ContextGroups.ends(nodes.stream().map(PlannedNode::node).toList());
    nodes.forEach(planned -> copies.backends.put(planned.backend().device(), planned.backend()));
    for (int start = 0; start < nodes.size(); start = ends[start]) {
      copies.place(nodes.subList(start, ends[start]));
    }
    copies.need(Part.of(sampled), HostStorage.DEVICE, "", null);
    return new Placed(List.copyOf(copies.placed), copies.residency(nodes, logits));
  }

  private Residency residency(List<PlannedNode> nodes, StepValue logits) {
    Map<StepValue, Place> crossing = new HashMap<>();
    names.forEach((place, name) -> crossing.put(name, place));
    Map<String, String> caches = new HashMap<>();
    for (PlannedNode planned : nodes) {
      operands(planned)
          .filter(CacheValue.class::isInstance)
          .forEach(cache -> caches.put(cache.name(), planned.backend().device()));
    }
    Part rows = Part.of(logits).getFirst();
    String device = whereabouts.isWritten(rows) ? whereabouts.source(rows) : HostStorage.DEVICE;
    return new Residency(crossing, caches, new Place(logits.root(), device));
  }

  /** One node, or a group that runs in passes. */
  private void place(List<PlannedNode> group) {
    Map<String, Set<Part>> shared = inPasses(group.getFirst()) ? entering(group) : Map.of();
    String layer = group.getFirst().node().layer();
    shared.forEach((device, parts) -> need(parts, device, layer, null));
    for (PlannedNode planned : group) {
      place(planned, shared);
    }
  }

  private static boolean inPasses(PlannedNode planned) {
    return planned.node().rows() == Rows.CONTEXT;
  }

  /** For each device of a group, what it touches of that which is there before the group. */
  private Map<String, Set<Part>> entering(List<PlannedNode> group) {
    Map<String, Set<Part>> parts = new LinkedHashMap<>();
    for (PlannedNode planned : group) {
      operands(planned)
          .flatMap(DeviceCopies::parts)
          .filter(whereabouts::isWritten)
          .forEach(part ->
              parts
                  .computeIfAbsent(planned.backend().device(), key -> new LinkedHashSet<>())
                  .add(part));
    }
    return parts;
  }

  private void place(PlannedNode planned, Map<String, Set<Part>> shared) {
    String device = planned.backend().device();
    Node node = planned.node();
    Rows pass = inPasses(planned) ? Rows.CONTEXT : null;
    Set<Part> needed = new LinkedHashSet<>();
    node.op().reads().stream().flatMap(DeviceCopies::parts).forEach(needed::add);
    node.op().writes().stream()
        .filter(DeviceCopies::leavesSome)
        .flatMap(DeviceCopies::parts)
        .forEach(needed::add);
    need(needed, device, node.layer(), pass);
    placed.add(planned);
    List<Part> written = node.op().writes().stream().flatMap(DeviceCopies::parts).toList();
    whereabouts.written(written, device);
    shared.forEach((other, parts) -> {
      Set<Part> changed = new LinkedHashSet<>(written);
      changed.retainAll(parts);
      need(changed, other, node.layer(), pass);
    });
  }

  private static Stream<Value> operands(PlannedNode planned) {
    return Stream.concat(
        planned.node().op().reads().stream(), planned.node().op().writes().stream());
  }

  private static Stream<Part> parts(Value value) {
    return value instanceof StepValue named ? Part.of(named).stream() : Stream.empty();
  }

  /** Whoever writes part of each row needs the rest beside it. */
  private static boolean leavesSome(Value value) {
    return value instanceof StepValue named && named.rowWidth() < named.root().rowWidth();
  }

  /** Copies what a device lacks; both halves of a buffer in one go if they are in one place. */
  private void need(Collection<Part> parts, String device, String layer, @Nullable Rows pass) {
    Set<Part> missing = new LinkedHashSet<>();
    parts.stream().filter(part -> whereabouts.isMissing(part, device)).forEach(missing::add);
    Set<Part> done = new HashSet<>();
    for (Part part : missing) {
      if (done.contains(part)) {
        continue;
      }
      String from = whereabouts.source(part);
      List<Part> together =
          Part.of(part.root()).stream()
              .filter(other -> missing.contains(other) && whereabouts.source(other).equals(from))
              .toList();
      boolean whole = together.size() == Part.of(part.root()).size();
      Rows rows = whole ? part.root().rows() : part.rows();
      List<Part> moved = whole ? together : List.of(part);
      if (!from.equals(HostStorage.DEVICE) && !device.equals(HostStorage.DEVICE)) {
        copy(part.root(), rows, from, HostStorage.DEVICE, layer, pass);
        whereabouts.copied(moved, HostStorage.DEVICE);
        copy(part.root(), rows, HostStorage.DEVICE, device, layer, pass);
      } else {
        copy(part.root(), rows, from, device, layer, pass);
      }
      whereabouts.copied(moved, device);
      done.addAll(moved);
    }
  }

  private void copy(
      StepValue root, Rows rows, String from, String to, String layer, @Nullable Rows pass) {
    String device = from.equals(HostStorage.DEVICE) ? to : from;
    OpenBackend runner = Objects.requireNonNull(backends.get(device), device);
    CopyTo op = new CopyTo(name(root, from).only(rows), name(root, to).only(rows));
    String name = root.name() + "@" + to;
    int count = copies.merge(name, 1, Integer::sum);
    Node node =
        new Node(count == 1 ? name : name + "#" + count, layer, pass == null ? rows : pass, op);
    requireCopies(runner, node);
    placed.add(PlannedNode.by(node, runner, List.of()));
  }

  /** What a copy calls a buffer in one place. */
  private StepValue name(StepValue root, String device) {
    return names.computeIfAbsent(
        new Place(root, device),
        place ->
            StepValue.buffer(
                root.name() + "@" + device, root.dtype(), root.rows(), root.rowShape().toArray()));
  }

  /** A backend with a device has the op: it would not have been opened otherwise. */
  private void requireCopies(OpenBackend runner, Node node) {
    List<String> reasons = refusal.apply(runner, node.op());
    if (!reasons.isEmpty()) {
      throw new BackendException(
          ErrorCode.OP_DECLINED,
          "Backend '"
              + runner.name()
              + "' computes on device '"
              + runner.backend().device()
              + "' but does not copy '"
              + node.name()
              + "': "
              + String.join("; ", reasons)
              + ". Expected '"
              + CopyTo.TYPE
              + "' between the host and its device.");
    }
  }
}
