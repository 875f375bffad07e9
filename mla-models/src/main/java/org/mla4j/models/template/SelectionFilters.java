package org.mla4j.models.template;

import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Arguments.Bound;

/**
 * Filters that go through a sequence item by item: {@code map}, {@code select} and their relatives.
 */
final class SelectionFilters {

  private SelectionFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("map", SelectionFilters::map);
    filters.put("select", (input, arguments) -> select(input, test(arguments)));
    filters.put("reject", (input, arguments) -> select(input, test(arguments).negate()));
    filters.put(
        "selectattr", (input, arguments) -> select(input, attributeTest("selectattr", arguments)));
    filters.put(
        "rejectattr",
        (input, arguments) -> select(input, attributeTest("rejectattr", arguments).negate()));
  }

  private static Value map(Value input, Arguments arguments) {
    Function<Value, Value> function = function(arguments);
    return new Generator(() -> new Mapped(items(input), function));
  }

  private static Function<Value, Value> function(Arguments arguments) {
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Bound bound = arguments.bind("map", 0, "attribute", "default");
      Attributes path = Attributes.of(bound.value(0));
      UnaryOperator<Value> missing =
          bound.hasValue(1) ? _ -> bound.value(1) : UnaryOperator.identity();
      return item -> path.from(item, missing);
    }
    String filter = name("map", arguments);
    Arguments rest = arguments.skip(1);
    return item -> Filters.apply(filter, item, rest);
  }

  private static Predicate<Value> attributeTest(String filter, Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      throw EvaluationFailure.of(filter + " needs the name of an attribute");
    }
    Attributes path = Attributes.of(arguments.positional().getFirst());
    Predicate<Value> test = test(arguments.skip(1));
    return item -> test.test(path.from(item));
  }

  private static Predicate<Value> test(Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      return Truth::of;
    }
    String test = name("select", arguments);
    Arguments rest = arguments.skip(1);
    return item -> Tests.holds(test, item, rest);
  }

  private static String name(String filter, Arguments arguments) {
    if (!arguments.positional().isEmpty()
        && arguments.positional().getFirst() instanceof Value.Str(String name)) {
      return name;
    }
    throw EvaluationFailure.of(filter + " needs the name of a filter or test, as a string");
  }

  private static Value select(Value input, Predicate<Value> keeps) {
    return new Generator(() -> new Selected(items(input), keeps));
  }

  /**
   * What is false has no items here, even none and 0: a message without tool calls has none to
   * select from.
   */
  private static Iterator<Value> items(Value input) {
    return Truth.of(input) ? Iteration.iterator(input) : Collections.emptyIterator();
  }

  /** The results of a function, each computed only when it is asked for. */
  private record Mapped(Iterator<Value> items, Function<Value, Value> function)
      implements Iterator<Value> {

    @Override
    public boolean hasNext() {
      return items.hasNext();
    }

    @Override
    public Value next() {
      return function.apply(items.next());
    }
  }

  /** The items for which a predicate holds, each tested only when it is asked for. */
  static final class Selected implements Iterator<Value> {

    private final Iterator<Value> items;
    private final Predicate<Value> keeps;
    private @Nullable Value next;

    Selected(Iterator<Value> items, Predicate<Value> keeps) {
      this.items = items;
      this.keeps = keeps;
    }

    @Override
    public boolean hasNext() {
      while (next == null && items.hasNext()) {
        Value candidate = items.next();
        if (keeps.test(candidate)) {
          next = candidate;
        }
      }
      return next != null;
    }

    @Override
    public Value next() {
      Value result = hasNext() ? next : null;
      if (result == null) {
        throw new NoSuchElementException();
      }
      next = null;
      return result;
    }
  }
}
