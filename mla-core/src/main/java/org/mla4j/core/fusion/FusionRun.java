package org.mla4j.core.fusion;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.FusionPass.Match;
import org.mla4j.api.plan.Node;
import org.mla4j.api.value.StepValue;

/**
 * Replaces nodes of a plan by fused ones, wherever a pass finds a place, data flow allows it and
 * somebody is willing to run the op.
 */
public final class FusionRun {
  private FusionRun() {}

  /** Says what is against a fused op running in the place of some nodes, data flow aside. */
  @FunctionalInterface
  public interface Refusals {
    /**
     * Asks.
     *
     * @param match the place
     * @return the reasons; empty if the op may and can be run
     */
    List<String> of(Match match);
  }

  /**
   * What became of a place.
   *
   * @param match the place
   * @param fused the node in its place; null if it was refused
   * @param reasons why it was refused
   */
  public record Outcome(Match match, @Nullable Node fused, List<String> reasons) {}

  /**
   * A plan after a pass.
   *
   * @param nodes the nodes in order
   * @param outcomes what became of each place that the pass found
   */
  public record Result(List<Node> nodes, List<Outcome> outcomes) {}

  /**
   * Returns the passes that all backends share.
   *
   * @return those that take most nodes first
   */
  public static List<FusionPass> corePasses() {
    return CorePasses.ALL;
  }

  /**
   * Runs one pass.
   *
   * @param pass finds places
   * @param plan the nodes in order
   * @param kept values read after the last node
   * @param refusals what else is against a place
   * @return the nodes after it
   */
  public static Result run(
      FusionPass pass, List<Node> plan, List<StepValue> kept, Refusals refusals) {
    Elements elements = new Elements();
    List<Node> nodes = plan;
    List<Outcome> outcomes = new ArrayList<>();
    Set<String> gone = new HashSet<>();
    Set<List<String>> seen = new HashSet<>();
    for (Match match : pass.matches(new PlanGraph(plan, elements))) {
      if (match.nodes().stream().map(Node::name).anyMatch(gone::contains)) {
        continue; // of places that overlap the first one goes
      }
      if (!seen.add(match.nodes().stream().map(Node::name).toList())) {
        continue; // a place that was found twice is one place
      }
      Legality.Verdict verdict =
          new Legality(new PlanGraph(nodes, elements), elements, kept).judge(match);
      List<String> reasons = new ArrayList<>(verdict.reasons());
      reasons.addAll(refusals.of(match));
      if (reasons.isEmpty()) {
        Node fused = fused(match, verdict);
        nodes = replace(nodes, match, verdict.position(), fused);
        match.nodes().forEach(node -> gone.add(node.name()));
        outcomes.add(new Outcome(match, fused, List.of()));
      } else {
        outcomes.add(new Outcome(match, null, List.copyOf(reasons)));
      }
    }
    return new Result(nodes, outcomes);
  }

  /** Named after what it stands for; the scopes that names share are said once. */
  private static Node fused(Match match, Legality.Verdict verdict) {
    String first = match.nodes().getFirst().name();
    String rest =
        match.nodes().stream()
            .skip(1)
            .map(node -> node.name().substring(common(first, node.name())))
            .collect(Collectors.joining("+"));
    String layer = match.nodes().getLast().layer();
    return new Node(first + "+" + rest, layer, verdict.rows(), match.fused());
  }

  /** How long the scope is that two names share. */
  private static int common(String a, String b) {
    int end = 0;
    for (int i = 0; i < Math.min(a.length(), b.length()) && a.charAt(i) == b.charAt(i); i++) {
      if (a.charAt(i) == '.') {
        end = i + 1;
      }
    }
    return end;
  }

  private static List<Node> replace(List<Node> nodes, Match match, int position, Node fused) {
    Set<String> members = match.nodes().stream().map(Node::name).collect(Collectors.toSet());
    List<Node> replaced = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (i == position) {
        replaced.add(fused);
      } else if (!members.contains(nodes.get(i).name())) {
        replaced.add(nodes.get(i));
      }
    }
    return replaced;
  }
}
