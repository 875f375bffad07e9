package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.step.Rows;

/**
 * Neighbouring nodes of a plan that belong to one numbered layer of the model, or to none.
 *
 * @param name the layer, for example {@code layers.3}; empty for nodes outside of layers
 * @param nodes at least one
 */
record PlanSection(String name, List<Line> nodes) {
  /** A node's name up to and with its first number, and the rest. */
  private static final Pattern NUMBERED = Pattern.compile("(.*?\\.\\d+)\\.(.+)");

  PlanSection {
    nodes = List.copyOf(nodes);
  }

  /**
   * A node as it is shown: what differs between layers by necessity, its full name and its
   * operands, is left out.
   */
  record Line(
      String node, String op, Rows rows, String backend, String kernel, List<Declined> declined) {
    Line {
      declined = List.copyOf(declined);
    }
  }

  static List<PlanSection> of(Explanation plan) {
    List<PlanSection> sections = new ArrayList<>();
    String name = "";
    List<Line> lines = new ArrayList<>();
    for (Entry entry : plan.entries()) {
      Matcher numbered = NUMBERED.matcher(entry.node());
      boolean inLayer = numbered.matches();
      String layer = inLayer ? numbered.group(1) : "";
      if (!layer.equals(name) && !lines.isEmpty()) {
        sections.add(new PlanSection(name, lines));
        lines.clear();
      }
      name = layer;
      lines.add(line(inLayer ? numbered.group(2) : entry.node(), entry));
    }
    if (!lines.isEmpty()) {
      sections.add(new PlanSection(name, lines));
    }
    return sections;
  }

  private static Line line(String node, Entry entry) {
    return new Line(
        node, entry.op(), entry.rows(), entry.backend(), entry.kernel(), entry.declined());
  }

  boolean isLayer() {
    return !name.isEmpty();
  }

  /** Whether the same is done by the same in both. */
  boolean runsLike(PlanSection other) {
    return nodes.equals(other.nodes);
  }
}
