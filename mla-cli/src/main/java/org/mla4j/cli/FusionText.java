package org.mla4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Fusion;

/** Where nodes became one and where not, for people: places that are alike are counted. */
final class FusionText {
  private FusionText() {}

  /** What is the same in places that are alike. */
  private record Place(String op, String nodes, String backend, List<String> refusals) {
    static Place of(Fusion fusion) {
      NodeName first = NodeName.of(fusion.nodes().getFirst());
      String nodes = names(fusion, first);
      List<String> refusals = new ArrayList<>();
      for (Declined refusal : fusion.declined()) {
        String who = refusal.backend().isEmpty() ? "refused" : refusal.backend() + " declined";
        String why = Refusals.reasons(refusal);
        refusals.add(
            who + ": " + (first.layer().isEmpty() ? why : why.replace(first.layer() + ".", "")));
      }
      return new Place(
          fusion.op(), nodes, fusion.done() ? fusion.backend() : "-", List.copyOf(refusals));
    }
  }

  /** The names; the scope that one shares with the first is said once. */
  private static String names(Fusion fusion, NodeName first) {
    String scope = first.rest().substring(0, first.rest().lastIndexOf('.') + 1);
    return fusion.nodes().stream()
        .map(name -> NodeName.of(name).beside(first))
        .map(name -> name.startsWith(scope) ? name.substring(scope.length()) : name)
        .collect(Collectors.joining(", ", scope, ""));
  }

  static String of(List<Fusion> fusions) {
    Map<Place, Integer> counts = new LinkedHashMap<>();
    fusions.forEach(fusion -> counts.merge(Place.of(fusion), 1, Integer::sum));
    TextTable table = new TextTable("fused op", "places", "backend", "stands for");
    counts.forEach((place, count) -> {
      table.row(place.op(), Integer.toString(count), place.backend(), place.nodes());
      place.refusals().forEach(refusal -> table.line("    " + refusal));
    });
    return table.toString();
  }
}
