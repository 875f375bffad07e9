package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.FusionPass.Match;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Decides whether the nodes of a match may be replaced by its op, by data flow alone: nothing that
 * somebody else reads may vanish, nothing else may be touched, and no node may move past one that
 * it must stay before or behind.
 */
final class Legality {
  private final PlanGraph graph;
  private final Elements elements;
  private final List<StepValue> kept;

  /**
   * @param graph the plan
   * @param elements tells values apart
   * @param kept values read after the last node
   */
  Legality(PlanGraph graph, Elements elements, List<StepValue> kept) {
    this.graph = graph;
    this.elements = elements;
    this.kept = kept;
  }

  /**
   * Where the op goes, or why it cannot go anywhere.
   *
   * @param position index of the node in whose place it goes; -1 if the match is refused
   * @param rows the rows it works on
   * @param reasons why the match is refused
   */
  record Verdict(int position, Rows rows, List<String> reasons) {}

  Verdict judge(Match match) {
    List<String> reasons = new ArrayList<>();
    SortedSet<Integer> members = new TreeSet<>();
    match.nodes().forEach(node -> members.add(graph.index(node)));
    if (members.size() < 2) {
      reasons.add("a match of " + members.size() + " nodes; expected two or more");
      return new Verdict(-1, Rows.ALL, reasons);
    }
    Optional<Rows> rows = rows(match.nodes());
    if (rows.isEmpty()) {
      reasons.add("its nodes work on rows that no one node can work on");
    }
    requireFlow(match, members, reasons);
    int position = position(members, reasons);
    return new Verdict(reasons.isEmpty() ? position : -1, rows.orElse(Rows.ALL), reasons);
  }

  /** Tokens of both kinds go together; rows of other kinds only with their like. */
  private static Optional<Rows> rows(List<Node> nodes) {
    Set<Rows> kinds = new HashSet<>();
    nodes.forEach(node -> kinds.add(node.rows()));
    if (kinds.size() == 1) {
      return Optional.of(kinds.iterator().next());
    }
    return Set.of(Rows.ALL, Rows.DECODE, Rows.PREFILL).containsAll(kinds)
        ? Optional.of(Rows.ALL)
        : Optional.empty();
  }

  private void requireFlow(Match match, Set<Integer> members, List<String> reasons) {
    Op fused = match.fused();
    List<Value> read = new ArrayList<>();
    List<Value> written = new ArrayList<>();
    for (Node node : match.nodes()) {
      read.addAll(node.op().reads());
      written.addAll(node.op().writes());
    }
    for (Value value : fused.writes()) {
      if (!elements.within(value, written)) {
        reasons.add("it writes '" + value.name() + "', which none of its nodes writes");
      }
    }
    read.addAll(written);
    for (Value value : fused.reads()) {
      if (!(value instanceof InputValue) && !elements.within(value, read)) {
        reasons.add("it reads '" + value.name() + "', which none of its nodes reads or writes");
      }
    }
    for (Value value : written) {
      if (value instanceof CacheValue && !fused.writes().contains(value)) {
        reasons.add("the write of cache '" + value.name() + "' would vanish");
      }
    }
    vanished(fused, written, members, reasons);
  }

  /** Whoever reads later what a member wrote last must find it written. */
  private void vanished(Op fused, List<Value> written, Set<Integer> members, List<String> reasons) {
    int first = members.iterator().next();
    for (int i = first; i < graph.nodes().size(); i++) {
      if (!members.contains(i)) {
        for (Value read : graph.nodes().get(i).op().reads()) {
          // Most of a plan has nothing to do with the members: only what has is walked back.
          if (written.stream().anyMatch(value -> elements.overlap(value, read))) {
            requireLeft(fused, members, read, i, reasons);
          }
        }
      }
    }
    for (StepValue value : kept) {
      requireLeft(fused, members, value, graph.nodes().size(), reasons);
    }
  }

  /** Walks back from a reader over those who made what it reads, element by element. */
  private void requireLeft(
      Op fused, Set<Integer> members, Value read, int reader, List<String> reasons) {
    if (!(read instanceof StepValue value)) {
      return; // caches are never written over; inputs are never written
    }
    Elements.Missing missing = elements.missing(value);
    for (int i = reader - 1; i >= 0 && !missing.isEmpty(); i--) {
      for (Value written : graph.nodes().get(i).op().writes()) {
        Elements.Missing made = missing.take(written);
        if (members.contains(i) && !isLeft(fused, made)) {
          String who =
              reader == graph.nodes().size()
                  ? "the step"
                  : "'" + graph.nodes().get(reader).name() + "'";
          String reason = "'" + written.name() + "' would vanish, which " + who + " reads";
          if (!reasons.contains(reason)) {
            reasons.add(reason);
          }
        }
      }
    }
  }

  private static boolean isLeft(Op fused, Elements.Missing made) {
    fused.writes().forEach(made::take);
    return made.isEmpty();
  }

  /** The place of the last member, else of the first, if all others can move there. */
  private int position(SortedSet<Integer> members, List<String> reasons) {
    Optional<String> late = obstacle(members, members.last());
    if (late.isEmpty()) {
      return members.last();
    }
    if (obstacle(members, members.first()).isEmpty()) {
      return members.first();
    }
    reasons.add(late.get());
    return -1;
  }

  private Optional<String> obstacle(Set<Integer> members, int position) {
    for (int member : members) {
      for (int i = Math.min(member, position); i <= Math.max(member, position); i++) {
        if (!members.contains(i)) {
          Node moved = graph.nodes().get(member);
          Node passed = graph.nodes().get(i);
          Optional<Value> conflict = graph.conflict(moved, passed);
          if (conflict.isPresent()) {
            return Optional.of(
                "'"
                    + moved.name()
                    + "' cannot move past '"
                    + passed.name()
                    + "': both use '"
                    + conflict.get().name()
                    + "'");
          }
        }
      }
    }
    return Optional.empty();
  }
}
