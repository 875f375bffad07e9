package org.mla4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Nodes of a plan, layer by layer, and a layer that runs like an earlier one in a word. */
final class PlanTable {
  private final boolean fold;
  private final TextTable table;
  private final List<PlanSection> shown = new ArrayList<>();

  private PlanTable(boolean fold, String[] headings) {
    this.fold = fold;
    this.table = new TextTable(headings);
  }

  static String of(List<PlanSection.Line> nodes, boolean fold, String... headings) {
    PlanTable made = new PlanTable(fold, headings);
    made.add(PlanSection.of(nodes));
    return made.table.toString();
  }

  private void add(List<PlanSection> sections) {
    for (int i = 0; i < sections.size(); ) {
      PlanSection section = sections.get(i);
      Optional<PlanSection> model = fold ? shownLike(section) : Optional.empty();
      if (model.isEmpty()) {
        show(section);
        i++;
      } else {
        int end = endOfRun(sections, i);
        String first = section.name();
        String names = end == i + 1 ? first : first + " to " + sections.get(end - 1).name();
        table.line(names + ": as " + model.get().name());
        i = end;
      }
    }
  }

  private Optional<PlanSection> shownLike(PlanSection section) {
    return section.isLayer()
        ? shown.stream().filter(section::runsLike).findFirst()
        : Optional.empty();
  }

  private static int endOfRun(List<PlanSection> sections, int start) {
    int end = start + 1;
    while (end < sections.size()
        && sections.get(end).isLayer()
        && sections.get(end).runsLike(sections.get(start))) {
      end++;
    }
    return end;
  }

  private void show(PlanSection section) {
    String indent = "";
    if (section.isLayer()) {
      shown.add(section);
      table.line(section.name());
      indent = "  ";
    }
    for (PlanSection.Line line : section.nodes()) {
      List<String> cells = new ArrayList<>(line.cells());
      cells.addFirst(indent + line.node().shortened());
      table.row(cells.toArray(String[]::new));
      for (String note : line.notes()) {
        table.line(indent + "    " + note);
      }
    }
  }
}
