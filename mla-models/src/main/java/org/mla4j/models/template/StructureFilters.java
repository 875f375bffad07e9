package org.mla4j.models.template;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Arguments.Bound;

/** Filters over dictionaries and over values as a whole. */
final class StructureFilters {

  private StructureFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("default", StructureFilters::orDefault);
    filters.put("d", StructureFilters::orDefault);
    filters.put("attr", StructureFilters::attribute);
    filters.put("items", StructureFilters::items);
    filters.put("dictsort", StructureFilters::sortedItems);
    filters.put("tojson", StructureFilters::toJson);
  }

  private static Value orDefault(Value input, Arguments arguments) {
    Bound bound = arguments.bind("default", 0, "default_value", "boolean");
    boolean replaces =
        input instanceof Value.Undefined || (bound.truth(1, false) && !Truth.of(input));
    return replaces ? bound.value(0, Value.EMPTY) : input;
  }

  private static Value attribute(Value input, Arguments arguments) {
    return Access.attributeOnly(input, arguments.bind("attr", 1, "name").text(0));
  }

  private static Value items(Value input, Arguments arguments) {
    arguments.bind("items", 0);
    return new Generator(() -> pairs(input).iterator());
  }

  private static List<Value> pairs(Value input) {
    return switch (input) {
      case Value.Undefined _ -> List.of();
      case Value.Dict dict -> DictMethods.pairs(dict);
      default ->
          throw EvaluationFailure.of("items needs a dict, got a value of type " + input.typeName());
    };
  }

  private static Value sortedItems(Value input, Arguments arguments) {
    Bound bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
    int position =
        switch (bound.text(1, "key")) {
          case "key" -> 0;
          case "value" -> 1;
          default -> throw EvaluationFailure.of("dictsort sorts by 'key' or by 'value'");
        };
    UnaryOperator<Value> fold = SequenceFilters.caseFold(bound.truth(0, false));
    Comparator<Value> order =
        Comparator.comparing(
            pair -> fold.apply(Iteration.items(pair).get(position)), Comparison.ORDER);
    if (!(input instanceof Value.Dict dict)) {
      throw EvaluationFailure.of(
          input instanceof Value.Undefined undefined
              ? undefined.message()
              : "dictsort needs a dict, got a value of type " + input.typeName());
    }
    return new Value.ListOf(
        DictMethods.pairs(dict).stream()
            .sorted(bound.truth(2, false) ? order.reversed() : order)
            .toList());
  }

  private static Value toJson(Value input, Arguments arguments) {
    // The parameters are those of Hugging Face's filter, which replaces the one of jinja2.
    Bound bound = arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    String indent = indent(bound.value(1, Value.NONE));
    String itemSeparator = indent == null ? ", " : ",";
    String keySeparator = ": ";
    if (bound.hasValue(2)) {
      List<Value> separators = Iteration.items(bound.value(2));
      if (separators.size() != 2) {
        throw EvaluationFailure.of("tojson needs two separators, got " + separators.size());
      }
      itemSeparator = PythonText.str(separators.getFirst());
      keySeparator = PythonText.str(separators.getLast());
    }
    return Value.of(
        JsonText.write(
            input,
            new JsonText.Layout(
                indent,
                itemSeparator,
                keySeparator,
                bound.truth(0, false),
                bound.truth(3, false))));
  }

  private static @Nullable String indent(Value indent) {
    return switch (indent) {
      case Value.None _ -> null;
      case Value.Str(String text) -> text;
      case Value.Integral integral -> Strings.repeat(" ", integral.asLong());
      default ->
          throw EvaluationFailure.of(
              "tojson needs an integer or a string as 'indent', got " + indent.typeName());
    };
  }
}
