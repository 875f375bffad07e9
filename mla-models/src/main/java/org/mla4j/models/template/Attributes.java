package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The {@code attribute} argument of filters: a path such as {@code function.name} or {@code
 * 0.name}, or an index.
 *
 * @param path the keys to follow
 */
record Attributes(List<Value> path) {

  /** Leads to the value itself. */
  static final Attributes SELF = new Attributes(List.of());

  static Attributes of(Value attribute) {
    return switch (attribute) {
      case Value.None _ -> SELF;
      case Value.Str(String text) -> parse(text);
      default -> new Attributes(List.of(attribute));
    };
  }

  /**
   * {@return the comma-separated paths of {@code attribute}, which sorting compares one after
   * another}
   */
  static List<Attributes> listOf(Value attribute) {
    if (!(attribute instanceof Value.Str(String text))) {
      return List.of(of(attribute));
    }
    List<Attributes> paths = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      paths.add(parse(part));
    }
    return paths;
  }

  /** {@return what the path leads to in {@code item}} */
  Value from(Value item) {
    return from(item, UnaryOperator.identity());
  }

  /**
   * {@return what the path leads to in {@code item}, with {@code missing} put in place of undefined
   * steps}
   */
  Value from(Value item, UnaryOperator<Value> missing) {
    Value value = item;
    for (Value key : path) {
      value = Access.item(value, key);
      if (value instanceof Value.Undefined) {
        value = missing.apply(value);
      }
    }
    return value;
  }

  private static Attributes parse(String text) {
    List<Value> path = new ArrayList<>();
    for (String part : text.split("\\.", -1)) {
      boolean isIndex =
          !part.isEmpty() && part.length() < 10 && part.chars().allMatch(Character::isDigit);
      path.add(isIndex ? Value.of(Integer.parseInt(part)) : Value.of(part));
    }
    return new Attributes(path);
  }
}
