package org.mla4j.models.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/** Turns what callers pass in into values. */
final class Variables {

  /** No sensible variable is nested as deeply; one that contains itself is. */
  private static final int DEPTH = 100;

  private Variables() {}

  static Map<String, Value> convert(Map<String, ? extends @Nullable Object> variables) {
    Map<String, Value> values = new LinkedHashMap<>();
    variables.forEach((name, variable) -> values.put(name, convert(variable, name, 0)));
    return values;
  }

  private static Value convert(@Nullable Object variable, String path, int depth) {
    if (depth > DEPTH) {
      throw refused(
          path.substring(0, Math.min(path.length(), 40)) + "...",
          "is nested deeper than " + DEPTH + " levels; does it contain itself?");
    }
    return switch (variable) {
      case null -> Value.NONE;
      case Boolean truth -> Value.of(truth.booleanValue());
      case CharSequence text -> Value.of(text.toString());
      case Character character -> Value.of(character.toString());
      case Byte _, Short _, Integer _, Long _ -> Value.of(((Number) variable).longValue());
      case Float _, Double _, BigDecimal _ -> Value.of(((Number) variable).doubleValue());
      case BigInteger integer -> convertInteger(integer, path);
      case Map<?, ?> map -> convertMap(map, path, depth);
      case Iterable<?> items -> convertItems(items, path, depth);
      case Object[] items -> convertItems(Arrays.asList(items), path, depth);
      case Optional<?> optional -> convert(optional.orElse(null), path, depth);
      default ->
          throw refused(
              path,
              "has the type "
                  + variable.getClass().getName()
                  + "; a template takes null, Boolean, numbers, CharSequence, Map, Iterable,"
                  + " Object[] and Optional.");
    };
  }

  private static Value convertInteger(BigInteger integer, String path) {
    if (integer.bitLength() > 63) {
      throw refused(path, "is " + integer + ", which does not fit in 64 bits.");
    }
    return Value.of(integer.longValue());
  }

  private static Value convertMap(Map<?, ?> map, String path, int depth) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    map.forEach((key, value) ->
        entries.put(
            convert(key, path + " (a key)", depth + 1),
            convert(value, path + "." + key, depth + 1)));
    return new Value.Dict(entries);
  }

  private static Value convertItems(Iterable<?> items, String path, int depth) {
    List<Value> values = new ArrayList<>();
    for (Object item : items) {
      values.add(convert(item, path + "[" + values.size() + "]", depth + 1));
    }
    return new Value.ListOf(values);
  }

  private static InvalidInputException refused(String path, String reason) {
    return new InvalidInputException(
        ErrorCode.INVALID_REQUEST, "Template variable '" + path + "' " + reason);
  }
}
