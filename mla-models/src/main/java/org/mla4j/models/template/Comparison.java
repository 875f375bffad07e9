package org.mla4j.models.template;

import java.util.Comparator;
import java.util.List;
import org.mla4j.models.template.Value.Integral;
import org.mla4j.models.template.Value.Numeric;

/** Python's order and membership. */
final class Comparison {

  /** Orders values as {@code <} does; fails where {@code <} would. */
  static final Comparator<Value> ORDER = (left, right) -> compare("<", left, right);

  private Comparison() {}

  static boolean apply(ComparisonOperator operator, Value left, Value right) {
    String symbol = operator.symbol();
    return switch (operator) {
      case EQUAL -> left.equals(right);
      case NOT_EQUAL -> !left.equals(right);
      case LESS -> isOrdered(left, right) && compare(symbol, left, right) < 0;
      case LESS_OR_EQUAL -> isOrdered(left, right) && compare(symbol, left, right) <= 0;
      case GREATER -> isOrdered(left, right) && compare(symbol, left, right) > 0;
      case GREATER_OR_EQUAL -> isOrdered(left, right) && compare(symbol, left, right) >= 0;
      case IN -> contains(right, left);
      case NOT_IN -> !contains(right, left);
    };
  }

  /** {@return whether {@code item} is in {@code container}} */
  static boolean contains(Value container, Value item) {
    return switch (container) {
      case Value.Str text when item instanceof Value.Str part -> text.text().contains(part.text());
      case Value.Str _ when item instanceof Value.Undefined undefined ->
          throw EvaluationFailure.of(undefined.message());
      case Value.Str _ ->
          throw EvaluationFailure.of(
              "only a string can be in a string, not a value of type " + item.typeName());
      case Value.Dict dict -> dict.entries().containsKey(hashable(item));
      default -> {
        for (var items = Iteration.iterator(container); items.hasNext(); ) {
          if (items.next().equals(item)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  /** {@return {@code key}, which can be the key of a dictionary} */
  static Value hashable(Value key) {
    switch (key) {
      case Value.ListOf _, Value.Dict _ ->
          throw EvaluationFailure.of(
              "a value of type " + key.typeName() + " cannot be the key of a dict");
      case Value.Tuple tuple -> tuple.items().forEach(Comparison::hashable);
      default -> {
        // Everything else hashes.
      }
    }
    return key;
  }

  /** Nothing is ordered against a NaN, so every comparison with one is false. */
  private static boolean isOrdered(Value left, Value right) {
    return !(left instanceof Numeric a && Double.isNaN(a.asDouble()) && right instanceof Numeric)
        && !(right instanceof Numeric b && Double.isNaN(b.asDouble()) && left instanceof Numeric);
  }

  private static int compare(String symbol, Value left, Value right) {
    if (left instanceof Integral a && right instanceof Integral b) {
      return Long.compare(a.asLong(), b.asLong());
    }
    if (left instanceof Numeric a && right instanceof Numeric b) {
      // Not Double.compare: it tells -0.0 from 0.0.
      return a.asDouble() < b.asDouble() ? -1 : a.asDouble() > b.asDouble() ? 1 : 0;
    }
    return switch (left) {
      case Value.Str(String a) when right instanceof Value.Str(String b) -> Strings.compare(a, b);
      case Value.ListOf(List<Value> a) when right instanceof Value.ListOf(List<Value> b) ->
          compareItems(symbol, a, b);
      case Value.Tuple(List<Value> a) when right instanceof Value.Tuple(List<Value> b) ->
          compareItems(symbol, a, b);
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      default ->
          throw EvaluationFailure.of(
              right instanceof Value.Undefined undefined
                  ? undefined.message()
                  : left.typeName()
                      + " and "
                      + right.typeName()
                      + " have no order, so "
                      + symbol
                      + " cannot compare them");
    };
  }

  private static int compareItems(String symbol, List<Value> a, List<Value> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      if (!a.get(i).equals(b.get(i))) {
        return compare(symbol, a.get(i), b.get(i));
      }
    }
    return Integer.compare(a.size(), b.size());
  }
}
