package org.mla4j.models.template;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The methods of lists, tuples and ranges. */
final class SequenceMethods {

  /** What the sandbox does not hand out, because it would change the list. */
  private static final Set<String> FORBIDDEN =
      Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

  private SequenceMethods() {}

  static @Nullable Value find(Value.Sequence sequence, String name) {
    if (sequence instanceof Value.ListOf && FORBIDDEN.contains(name)) {
      return forbidden(sequence, name);
    }
    List<Value> items = sequence.items();
    return switch (name) {
      case "count" ->
          new Value.Function(
              name,
              arguments ->
                  Value.of(
                      Collections.frequency(items, arguments.bind(name, 1, "value").value(0))));
      case "index" -> new Value.Function(name, arguments -> index(items, arguments));
      case "copy" -> sequence instanceof Value.ListOf ? copy(sequence) : null;
      default -> null;
    };
  }

  private static Value copy(Value.Sequence sequence) {
    return new Value.Function(
        "copy",
        arguments -> {
          arguments.bind("copy", 0);
          return sequence;
        });
  }

  /**
   * {@return what stands for a method that would change {@code object}: undefined, and failing when
   * it is called}
   */
  static Value forbidden(Value object, String name) {
    return new Value.Undefined(
        "access to attribute '"
            + name
            + "' of '"
            + object.typeName()
            + "' object is unsafe:"
            + " a template cannot change a value; use namespace() or build a new one");
  }

  private static Value index(List<Value> items, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("index", 1, "value", "start", "stop");
    int size = items.size();
    long start = fromEnd(bound.integer(1, 0), size);
    long stop = fromEnd(bound.integer(2, size), size);
    for (long i = start; i < Math.min(stop, size); i++) {
      if (items.get((int) i).equals(bound.value(0))) {
        return Value.of(i);
      }
    }
    throw EvaluationFailure.of(PythonText.repr(bound.value(0)) + " is not in the list");
  }

  private static long fromEnd(long index, int size) {
    return index < 0 ? Math.max(index + size, 0) : index;
  }
}
