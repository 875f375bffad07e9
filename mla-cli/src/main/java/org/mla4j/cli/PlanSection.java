package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Neighbouring nodes of a plan that belong to one numbered layer of the model, or to none.
 *
 * @param name the layer, for example {@code layers.3}; empty for nodes outside of layers
 * @param nodes at least one
 */
record PlanSection(String name, List<Line> nodes) {
  PlanSection {
    nodes = List.copyOf(nodes);
  }

  /**
   * A node as it is shown: what differs between layers by necessity is left out.
   *
   * @param node its name
   * @param cells the other columns
   * @param notes lines below it
   */
  record Line(NodeName node, List<String> cells, List<String> notes) {
    Line {
      cells = List.copyOf(cells);
      notes = List.copyOf(notes);
    }

    boolean isLike(Line other) {
      return node.rest().equals(other.node.rest())
          && cells.equals(other.cells)
          && notes.equals(other.notes);
    }
  }

  static List<PlanSection> of(List<Line> all) {
    List<PlanSection> sections = new ArrayList<>();
    String name = "";
    List<Line> lines = new ArrayList<>();
    for (Line line : all) {
      String layer = line.node().layer();
      if (!layer.equals(name) && !lines.isEmpty()) {
        sections.add(new PlanSection(name, lines));
        lines.clear();
      }
      name = layer;
      lines.add(line);
    }
    if (!lines.isEmpty()) {
      sections.add(new PlanSection(name, lines));
    }
    return sections;
  }

  boolean isLayer() {
    return !name.isEmpty();
  }

  /** Whether the same is done by the same in both. */
  boolean runsLike(PlanSection other) {
    if (nodes.size() != other.nodes.size()) {
      return false;
    }
    for (int i = 0; i < nodes.size(); i++) {
      if (!nodes.get(i).isLike(other.nodes.get(i))) {
        return false;
      }
    }
    return true;
  }
}
