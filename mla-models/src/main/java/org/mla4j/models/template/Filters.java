package org.mla4j.models.template;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** All filters, by name. */
final class Filters {

  private static final Map<String, Filter> BY_NAME = all();

  private Filters() {}

  static Value apply(String name, Value input, Arguments arguments) {
    Filter filter = BY_NAME.get(name);
    if (filter == null) {
      throw EvaluationFailure.of(
          "no filter named '"
              + name
              + "'; there are: "
              + String.join(", ", new TreeSet<>(BY_NAME.keySet())));
    }
    return filter.apply(input, arguments);
  }

  static boolean exists(String name) {
    return BY_NAME.containsKey(name);
  }

  private static Map<String, Filter> all() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.addTo(filters);
    NumberFilters.addTo(filters);
    SequenceFilters.addTo(filters);
    SelectionFilters.addTo(filters);
    StructureFilters.addTo(filters);
    return Map.copyOf(filters);
  }
}
