package org.mla4j.models.template;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What stands behind {@code is}: all tests, by name. */
final class Tests {

  private static final Map<String, Test> BY_NAME = all();

  private Tests() {}

  static boolean holds(String name, Value input, Arguments arguments) {
    Test test = BY_NAME.get(name);
    if (test == null) {
      throw EvaluationFailure.of(
          "no test named '"
              + name
              + "'; there are: "
              + String.join(", ", new TreeSet<>(BY_NAME.keySet())));
    }
    return test.holds(input, arguments);
  }

  private static Map<String, Test> all() {
    Map<String, Test> tests = new HashMap<>();
    kind(tests, "boolean", value -> value instanceof Value.Bool);
    kind(tests, "callable", Tests::isCallable);
    kind(tests, "defined", value -> !(value instanceof Value.Undefined));
    kind(tests, "escaped", _ -> false);
    kind(tests, "even", value -> remainder(value, Value.of(2)).equals(Value.of(0)));
    kind(tests, "false", value -> value instanceof Value.Bool(boolean truth) && !truth);
    kind(tests, "float", value -> value instanceof Value.Real);
    kind(tests, "integer", value -> value instanceof Value.Int);
    kind(tests, "iterable", Iteration::isIterable);
    kind(tests, "lower", value -> Case.isLower(PythonText.str(value)));
    kind(tests, "mapping", value -> value instanceof Value.Dict);
    kind(tests, "none", value -> value instanceof Value.None);
    kind(tests, "number", value -> value instanceof Value.Numeric);
    kind(tests, "odd", value -> remainder(value, Value.of(2)).equals(Value.of(1)));
    kind(tests, "sequence", Tests::isSequence);
    kind(tests, "string", value -> value instanceof Value.Str);
    kind(tests, "true", value -> value instanceof Value.Bool(boolean truth) && truth);
    kind(tests, "undefined", value -> value instanceof Value.Undefined);
    kind(tests, "upper", value -> Case.isUpper(PythonText.str(value)));
    kind(tests, "filter", value -> Filters.exists(PythonText.str(value)));
    kind(tests, "test", value -> Tests.exists(PythonText.str(value)));
    relation(tests, "divisibleby", (value, by) -> remainder(value, by).equals(Value.of(0)));
    relation(tests, "sameas", Tests::isSame);
    for (ComparisonOperator operator : ComparisonOperator.values()) {
      Relation relation = (value, other) -> Comparison.apply(operator, value, other);
      for (String name : names(operator)) {
        relation(tests, name, relation);
      }
    }
    return Map.copyOf(tests);
  }

  private static String[] names(ComparisonOperator operator) {
    return switch (operator) {
      case EQUAL -> new String[] {"==", "eq", "equalto"};
      case NOT_EQUAL -> new String[] {"!=", "ne"};
      case LESS -> new String[] {"<", "lt", "lessthan"};
      case LESS_OR_EQUAL -> new String[] {"<=", "le"};
      case GREATER -> new String[] {">", "gt", "greaterthan"};
      case GREATER_OR_EQUAL -> new String[] {">=", "ge"};
      case IN -> new String[] {"in"};
      case NOT_IN -> new String[] {};
    };
  }

  private static void kind(Map<String, Test> tests, String name, Predicate<Value> test) {
    tests.put(
        name,
        (input, arguments) -> {
          arguments.bind(name, 0);
          return test.test(input);
        });
  }

  private static void relation(Map<String, Test> tests, String name, Relation relation) {
    tests.put(
        name,
        (input, arguments) -> relation.holds(input, arguments.bind(name, 1, "other").value(0)));
  }

  private static boolean exists(String name) {
    return BY_NAME.containsKey(name);
  }

  private static Value remainder(Value value, Value divisor) {
    if (value instanceof Value.Str) {
      // For strings the operator would format.
      throw EvaluationFailure.of("only numbers can be divided, not a value of type str");
    }
    return Arithmetic.apply(ArithmeticOperator.MODULO, value, divisor);
  }

  private static boolean isCallable(Value value) {
    return value instanceof Value.Function
        || value instanceof LoopState
        // Calling it is allowed, and fails.
        || value instanceof Value.Undefined;
  }

  /** Has a length and takes an index; so a dictionary counts, and a generator does not. */
  private static boolean isSequence(Value value) {
    return value instanceof Value.Str
        || value instanceof Value.Sequence
        || value instanceof Value.Dict
        || value instanceof Value.Undefined;
  }

  /** Identity, which for constants means equality of type and value. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean isSame(Value left, Value right) {
    return left == right
        || (left.getClass() == right.getClass()
            && (left instanceof Value.None
                || left instanceof Value.Numeric
                || left instanceof Value.Str)
            && left.equals(right));
  }

  /** One test. */
  @FunctionalInterface
  private interface Test {
    boolean holds(Value input, Arguments arguments);
  }

  /** A test against one other value. */
  @FunctionalInterface
  private interface Relation {
    boolean holds(Value value, Value other);
  }
}
