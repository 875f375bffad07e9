package org.mla4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Entry;

/**
 * Who declined, for people. That a backend has no such op at all is true of most nodes and said
 * once, not at each of them.
 */
final class Refusals {
  private Refusals() {}

  /** What is said below a node. */
  static List<String> of(Entry node) {
    return node.declined().stream()
        .filter(refusal -> !isForWantOfOp(refusal))
        .map(refusal -> refusal.backend() + " declined " + refusal.what() + ": " + reasons(refusal))
        .distinct()
        .toList();
  }

  /** Who lacks which ops of the plan; who was not even asked is told of elsewhere. */
  static Map<String, Set<String>> lackingOps(Explanation plan) {
    Map<String, Set<String>> lacking = new LinkedHashMap<>();
    for (Entry node : plan.entries()) {
      node.declined().stream()
          .filter(Refusals::isForWantOfOp)
          .forEach(
              it -> lacking.computeIfAbsent(it.backend(), key -> new TreeSet<>()).add(it.what()));
    }
    lacking
        .keySet()
        .removeAll(plan.notConsulted().stream().map(Declined::backend).collect(Collectors.toSet()));
    return lacking;
  }

  static String reasons(Declined refusal) {
    return String.join("; ", refusal.reasons());
  }

  private static boolean isForWantOfOp(Declined refusal) {
    return refusal.reasons().equals(List.of("has no op '" + refusal.what() + "'"));
  }
}
