package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call, by position and by name. */
record Arguments(List<Value> positional, Map<String, Value> named) {

  /** {@return these arguments without the first {@code count} positional ones} */
  Arguments skip(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  Arguments with(String name, Value value) {
    Map<String, Value> more = new LinkedHashMap<>(named);
    more.put(name, value);
    return new Arguments(positional, more);
  }

  /**
   * Assigns the arguments to parameters, as a Python function with this signature would.
   *
   * @param function name of the function, for messages
   * @param required how many of the parameters, from the first, must be given
   * @param parameters names of the parameters, in order
   * @return the values by parameter
   */
  Bound bind(String function, int required, String... parameters) {
    if (positional.size() > parameters.length) {
      throw EvaluationFailure.of(
          function + "() takes " + atMost(parameters.length) + ", got " + positional.size());
    }
    List<@Nullable Value> values = new ArrayList<>(positional);
    Map<String, Value> rest = new LinkedHashMap<>(named);
    for (int i = 0; i < parameters.length; i++) {
      Value byName = rest.remove(parameters[i]);
      if (i >= positional.size()) {
        values.add(byName);
      } else if (byName != null) {
        throw EvaluationFailure.of(
            function + "() got two values for the argument '" + parameters[i] + "'");
      }
      if (i < required && values.get(i) == null) {
        throw EvaluationFailure.of(function + "() needs the argument '" + parameters[i] + "'");
      }
    }
    if (!rest.isEmpty()) {
      throw EvaluationFailure.of(
          function
              + "() has no argument '"
              + rest.keySet().iterator().next()
              + "'"
              + (parameters.length == 0 ? "" : "; it has: " + String.join(", ", parameters)));
    }
    return new Bound(function, parameters, values);
  }

  private static String atMost(int arguments) {
    return switch (arguments) {
      case 0 -> "no arguments";
      case 1 -> "at most 1 argument";
      default -> "at most " + arguments + " arguments";
    };
  }

  /** Arguments by parameter; one that was not given is absent, one given as {@code none} is not. */
  static final class Bound {

    private final String function;
    private final String[] parameters;
    private final List<@Nullable Value> values;

    private Bound(String function, String[] parameters, List<@Nullable Value> values) {
      this.function = function;
      this.parameters = parameters;
      this.values = values;
    }

    boolean has(int parameter) {
      return values.get(parameter) != null;
    }

    /** {@return whether the argument was given and is not {@code none}} */
    boolean hasValue(int parameter) {
      return has(parameter) && !(values.get(parameter) instanceof Value.None);
    }

    Value value(int parameter) {
      Value value = values.get(parameter);
      if (value == null) {
        throw EvaluationFailure.of(
            function + "() needs the argument '" + parameters[parameter] + "'");
      }
      return value;
    }

    Value value(int parameter, Value otherwise) {
      Value value = values.get(parameter);
      return value == null ? otherwise : value;
    }

    /** {@return a string argument} */
    String text(int parameter) {
      return switch (value(parameter)) {
        case Value.Str str -> str.text();
        case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
        case Value other -> throw wrongType(parameter, "a string", other);
      };
    }

    String text(int parameter, String otherwise) {
      return has(parameter) ? text(parameter) : otherwise;
    }

    /** {@return an integer argument} */
    long integer(int parameter) {
      return switch (value(parameter)) {
        case Value.Integral integral -> integral.asLong();
        case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
        case Value other -> throw wrongType(parameter, "an integer", other);
      };
    }

    long integer(int parameter, long otherwise) {
      return has(parameter) ? integer(parameter) : otherwise;
    }

    boolean truth(int parameter, boolean otherwise) {
      return has(parameter) ? Truth.of(value(parameter)) : otherwise;
    }

    private EvaluationFailure wrongType(int parameter, String expected, Value found) {
      return EvaluationFailure.of(
          function
              + "() needs "
              + expected
              + " as '"
              + parameters[parameter]
              + "', got "
              + found.typeName());
    }
  }
}
