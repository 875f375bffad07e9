package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The methods of dictionaries. */
final class DictMethods {

  /** What the sandbox does not hand out, because it would change the dictionary. */
  private static final Set<String> FORBIDDEN =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private DictMethods() {}

  static @Nullable Value find(Value.Dict dict, String name) {
    if (FORBIDDEN.contains(name)) {
      return SequenceMethods.forbidden(dict, name);
    }
    return switch (name) {
      case "get" ->
          new Value.Function(
              name,
              arguments -> {
                Arguments.Bound bound = arguments.bind(name, 1, "key", "default");
                Value key = Comparison.hashable(bound.value(0));
                return dict.entries().getOrDefault(key, bound.value(1, Value.NONE));
              });
      case "keys" -> view(name, List.copyOf(dict.entries().keySet()));
      case "values" -> view(name, List.copyOf(dict.entries().values()));
      case "items" -> view(name, pairs(dict));
      case "copy" ->
          new Value.Function(
              name,
              arguments -> {
                arguments.bind(name, 0);
                return dict;
              });
      default -> null;
    };
  }

  /** {@return the entries of {@code dict} as tuples of key and value} */
  static List<Value> pairs(Value.Dict dict) {
    List<Value> pairs = new ArrayList<>(dict.entries().size());
    dict.entries().forEach((key, value) -> pairs.add(Value.Tuple.of(key, value)));
    return pairs;
  }

  private static Value view(String name, List<Value> items) {
    return new Value.Function(
        name,
        arguments -> {
          arguments.bind(name, 0);
          return new Value.View("dict_" + name, items);
        });
  }
}
