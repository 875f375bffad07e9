package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.mla4j.models.template.Arguments.Bound;

/**
 * Filters over whole sequences: their size, their ends, their order, and folding them into one
 * value.
 */
final class SequenceFilters {

  private SequenceFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("length", SequenceFilters::length);
    filters.put("count", SequenceFilters::length);
    filters.put("list", SequenceFilters::list);
    filters.put("first", SequenceFilters::first);
    filters.put("last", SequenceFilters::last);
    filters.put("reverse", SequenceFilters::reverse);
    filters.put("sort", SequenceFilters::sort);
    filters.put("unique", SequenceFilters::unique);
    filters.put("min", (input, arguments) -> extreme("min", input, arguments, -1));
    filters.put("max", (input, arguments) -> extreme("max", input, arguments, 1));
    filters.put("sum", SequenceFilters::sum);
    filters.put("join", SequenceFilters::join);
    filters.put("batch", SequenceFilters::batch);
  }

  private static Value length(Value input, Arguments arguments) {
    arguments.bind("length", 0);
    return Value.of(Iteration.length(input));
  }

  private static Value list(Value input, Arguments arguments) {
    arguments.bind("list", 0);
    return new Value.ListOf(Iteration.items(input));
  }

  private static Value first(Value input, Arguments arguments) {
    arguments.bind("first", 0);
    Iterator<Value> items = Iteration.iterator(input);
    return items.hasNext()
        ? items.next()
        : new Value.Undefined("No first item, sequence was empty.");
  }

  private static Value last(Value input, Arguments arguments) {
    arguments.bind("last", 0);
    if (input instanceof Generator) {
      throw EvaluationFailure.of("a generator has no last item; put |list before |last");
    }
    List<Value> items = Iteration.items(input);
    return items.isEmpty()
        ? new Value.Undefined("No last item, sequence was empty.")
        : items.getLast();
  }

  private static Value reverse(Value input, Arguments arguments) {
    arguments.bind("reverse", 0);
    if (input instanceof Value.Str(String text)) {
      return Value.of(new StringBuilder(text).reverse().toString());
    }
    List<Value> reversed = Iteration.items(input).reversed();
    // What can be read backwards is, lazily; a generator has been read into a list by now.
    return input instanceof Generator || input instanceof Value.Undefined
        ? new Value.ListOf(reversed)
        : new Generator(reversed::iterator);
  }

  private static Value sort(Value input, Arguments arguments) {
    Bound bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
    UnaryOperator<Value> fold = caseFold(bound.truth(1, false));
    List<Attributes> paths = Attributes.listOf(bound.value(2, Value.NONE));
    // Compared as lists, so that equal keys need no order: [None] and [None] are just equal.
    Comparator<Value> order =
        Comparator.comparing(
            item ->
                new Value.ListOf(paths.stream().map(path -> fold.apply(path.from(item))).toList()),
            Comparison.ORDER);
    List<Value> sorted = new ArrayList<>(Iteration.items(input));
    sorted.sort(bound.truth(0, false) ? order.reversed() : order);
    return new Value.ListOf(sorted);
  }

  private static Value unique(Value input, Arguments arguments) {
    Bound bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
    Function<Value, Value> key = key(bound.truth(0, false), bound.value(1, Value.NONE));
    return new Generator(() -> {
      Set<Value> seen = new HashSet<>();
      return new SelectionFilters.Selected(
          Iteration.iterator(input), item -> seen.add(Comparison.hashable(key.apply(item))));
    });
  }

  private static Value extreme(String name, Value input, Arguments arguments, int direction) {
    Bound bound = arguments.bind(name, 0, "case_sensitive", "attribute");
    Function<Value, Value> key = key(bound.truth(0, false), bound.value(1, Value.NONE));
    List<Value> items = Iteration.items(input);
    if (items.isEmpty()) {
      return new Value.Undefined("No aggregated item, sequence was empty.");
    }
    // A strict comparison, so that the first of several extremes is the result.
    Value best = items.getFirst();
    for (Value item : items.subList(1, items.size())) {
      if (Comparison.ORDER.compare(key.apply(item), key.apply(best)) * direction > 0) {
        best = item;
      }
    }
    return best;
  }

  private static Value sum(Value input, Arguments arguments) {
    Bound bound = arguments.bind("sum", 0, "attribute", "start");
    Attributes path = Attributes.of(bound.value(0, Value.NONE));
    Value sum = bound.value(1, Value.of(0));
    for (Value item : Iteration.items(input)) {
      sum = Arithmetic.apply(ArithmeticOperator.ADD, sum, path.from(item));
    }
    return sum;
  }

  private static Value join(Value input, Arguments arguments) {
    Bound bound = arguments.bind("join", 0, "d", "attribute");
    String separator = PythonText.str(bound.value(0, Value.EMPTY));
    Attributes path = Attributes.of(bound.value(1, Value.NONE));
    Output out = new Output();
    String before = "";
    for (Value item : Iteration.items(input)) {
      out.append(before);
      out.append(PythonText.str(path.from(item)));
      before = separator;
    }
    return Value.of(out.toString());
  }

  private static Value batch(Value input, Arguments arguments) {
    Bound bound = arguments.bind("batch", 1, "linecount", "fill_with");
    int size = (int) Math.clamp(bound.integer(0), 1L, Limits.ITEMS);
    List<Value> fill =
        bound.hasValue(1) ? Collections.nCopies(size - 1, bound.value(1)) : List.of();
    return new Generator(() -> batches(Iteration.items(input), size, fill).iterator());
  }

  private static List<Value> batches(List<Value> items, int size, List<Value> fill) {
    List<Value> batches = new ArrayList<>();
    for (int i = 0; i < items.size(); i += size) {
      List<Value> batch = new ArrayList<>(items.subList(i, Math.min(i + size, items.size())));
      batch.addAll(fill.subList(0, Math.min(size - batch.size(), fill.size())));
      batches.add(new Value.ListOf(batch));
    }
    return batches;
  }

  private static Function<Value, Value> key(boolean caseSensitive, Value attribute) {
    Attributes path = Attributes.of(attribute);
    UnaryOperator<Value> fold = caseFold(caseSensitive);
    return item -> fold.apply(path.from(item));
  }

  static UnaryOperator<Value> caseFold(boolean caseSensitive) {
    return value ->
        !caseSensitive && value instanceof Value.Str(String text)
            ? Value.of(Case.lower(text))
            : value;
  }
}
