package org.mla4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;

/** A plan for people: layer by layer, and a layer that runs like an earlier one in a word. */
final class ExplanationText {
  private final boolean fold;
  private final TextTable table = new TextTable("node", "op", "rows", "backend", "kernel");
  private final List<PlanSection> shown = new ArrayList<>();

  private ExplanationText(boolean fold) {
    this.fold = fold;
  }

  static String of(Explanation plan, boolean fold) {
    return summary(plan) + "\n\n" + new ExplanationText(fold).sections(PlanSection.of(plan));
  }

  private static String summary(Explanation plan) {
    Map<String, Integer> nodes = new LinkedHashMap<>();
    for (Entry entry : plan.entries()) {
      nodes.merge(entry.backend(), 1, Integer::sum);
    }
    return "Plan of "
        + plan.model()
        + ": "
        + plan.entries().size()
        + " nodes; "
        + nodes.entrySet().stream()
            .map(count -> count.getKey() + " runs " + count.getValue())
            .collect(Collectors.joining(", "));
  }

  private String sections(List<PlanSection> sections) {
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
    return table.toString();
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
    for (PlanSection.Line node : section.nodes()) {
      String rows = node.rows().name().toLowerCase(Locale.ROOT);
      table.row(indent + node.node(), node.op(), rows, node.backend(), node.kernel());
      for (Declined refusal : node.declined()) {
        table.line(
            indent
                + "    "
                + refusal.backend()
                + " declined "
                + refusal.what()
                + ": "
                + String.join("; ", refusal.reasons()));
      }
    }
  }
}
