package org.mla4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.diagnosis.Explanation.Fusion;

/** A plan for people: the nodes, what fusion made of them, how they are run, who had no say. */
final class ExplanationText {
  private static final String EXECUTION = "Execution: ";
  private static final String INDENT = " ".repeat(EXECUTION.length());

  private ExplanationText() {}

  /**
   * @param fold whether a layer that runs like an earlier one is shown in a word
   * @param before whether the nodes before fusion are shown too
   */
  static String of(Explanation plan, boolean fold, boolean before) {
    List<String> parts = new ArrayList<>();
    parts.add(summary(plan));
    parts.add(nodes(plan, fold));
    if (!plan.fusions().isEmpty()) {
      parts.add(FusionText.of(plan.fusions()));
    }
    if (before) {
      parts.add("Before fusion: " + plan.before().size() + " nodes\n\n" + nodesBefore(plan, fold));
    }
    String remarks = remarks(plan);
    if (!remarks.isEmpty()) {
      parts.add(remarks);
    }
    return String.join("\n\n", parts);
  }

  private static String summary(Explanation plan) {
    Map<String, Integer> nodes = new LinkedHashMap<>();
    for (Entry entry : plan.entries()) {
      nodes.merge(entry.backend(), 1, Integer::sum);
    }
    boolean fused = plan.fusions().stream().anyMatch(Fusion::done);
    return "Plan of "
        + plan.model()
        + ": "
        + plan.entries().size()
        + " nodes"
        + (fused ? " (" + plan.before().size() + " before fusion)" : "")
        + "; "
        + nodes.entrySet().stream()
            .map(count -> count.getKey() + " runs " + count.getValue())
            .collect(Collectors.joining(", "));
  }

  private static String nodes(Explanation plan, boolean fold) {
    List<PlanSection.Line> lines = new ArrayList<>();
    for (Entry entry : plan.entries()) {
      lines.add(
          new PlanSection.Line(
              NodeName.of(entry.node()),
              List.of(
                  entry.op(),
                  entry.rows().name().toLowerCase(Locale.ROOT),
                  entry.backend(),
                  entry.kernel()),
              Refusals.of(entry)));
    }
    return PlanTable.of(lines, fold, "node", "op", "rows", "backend", "kernel");
  }

  private static String nodesBefore(Explanation plan, boolean fold) {
    List<PlanSection.Line> lines = new ArrayList<>();
    for (Before node : plan.before()) {
      String backend = node.backend().isEmpty() ? "-" : node.backend();
      lines.add(
          new PlanSection.Line(NodeName.of(node.node()), List.of(node.op(), backend), List.of()));
    }
    return PlanTable.of(lines, fold, "node", "op", "backend");
  }

  /** One line each, so that what there is to say about a plain plan is short. */
  private static String remarks(Explanation plan) {
    List<String> lines = new ArrayList<>();
    plan.execution().forEach(line -> lines.add((lines.isEmpty() ? EXECUTION : INDENT) + line));
    Refusals.lackingOps(plan)
        .forEach((backend, ops) ->
            lines.add("Ops that " + backend + " does not have: " + String.join(", ", ops)));
    for (Declined silent : plan.notConsulted()) {
      lines.add("Not consulted: " + silent.backend() + ": " + Refusals.reasons(silent));
    }
    return String.join("\n", lines);
  }
}
