package org.mla4j.models.template;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.AbstractList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.models.template.Arguments.Bound;

/** The functions that every template can call. */
final class Globals {

  private Globals() {}

  /** {@return the functions by name, the time taken from {@code clock}} */
  static Map<String, Value> functions(Clock clock) {
    Map<String, Value> functions = new HashMap<>();
    add(functions, "range", Globals::range);
    add(functions, "dict", Globals::dict);
    add(functions, "namespace", arguments -> new Namespace(dict(arguments).entries()));
    add(functions, "raise_exception", Globals::raise);
    add(
        functions,
        "strftime_now",
        arguments ->
            Value.of(
                TimeFormat.format(
                    arguments.bind("strftime_now", 1, "format").text(0),
                    ZonedDateTime.now(clock).toLocalDateTime())));
    return functions;
  }

  private static void add(Map<String, Value> functions, String name, Value.Function.Body body) {
    functions.put(name, new Value.Function(name, body));
  }

  private static Value raise(Arguments arguments) {
    Value message = arguments.bind("raise_exception", 1, "message").value(0);
    throw EvaluationFailure.raised(PythonText.str(message));
  }

  private static Value range(Arguments arguments) {
    Bound bound = arguments.bind("range", 1, "start", "stop", "step");
    return bound.has(1)
        ? range(bound.integer(0), bound.integer(1), bound.integer(2, 1))
        : range(0, bound.integer(0), 1);
  }

  static Value range(long start, long stop, long step) {
    if (step == 0) {
      throw EvaluationFailure.of("the step of range() cannot be zero");
    }
    // In floating point, where the difference of two far integers cannot wrap around.
    double estimate = ((double) stop - (double) start) / step;
    if (estimate > Limits.RANGE) {
      throw EvaluationFailure.limit("range() has more than " + Limits.RANGE + " numbers");
    }
    long size = estimate <= 0 ? 0 : (stop - start - Long.signum(step)) / step + 1;
    List<Value> numbers =
        new AbstractList<>() {
          @Override
          public Value get(int index) {
            return Value.of(start + index * step);
          }

          @Override
          public int size() {
            return (int) size;
          }
        };
    return new Value.Range(start, stop, step, numbers);
  }

  private static Value.Dict dict(Arguments arguments) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    Bound source = new Arguments(arguments.positional(), Map.of()).bind("dict", 0, "mapping");
    if (source.has(0)) {
      if (source.value(0) instanceof Value.Dict dict) {
        entries.putAll(dict.entries());
      } else {
        Iteration.items(source.value(0)).forEach(pair -> addPair(entries, pair));
      }
    }
    entries.putAll(dictOf(arguments.named()).entries());
    return new Value.Dict(entries);
  }

  private static void addPair(Map<Value, Value> entries, Value pair) {
    List<Value> items = Iteration.items(pair);
    if (items.size() != 2) {
      throw EvaluationFailure.of(
          "dict() takes pairs of key and value, got an element of length " + items.size());
    }
    entries.put(Comparison.hashable(items.getFirst()), items.getLast());
  }

  /** {@return {@code values} as a dictionary with the names as keys} */
  static Value.Dict dictOf(Map<String, Value> values) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    values.forEach((name, value) -> entries.put(Value.of(name), value));
    return new Value.Dict(entries);
  }
}
