package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Arguments.Bound;
import org.mla4j.models.template.Strings.Alignment;

/** The methods of strings. */
final class StringMethods {

  private static final Map<String, Method> METHODS = methods();

  /**
   * What Python has besides. To call these undefined would be a wrong answer to {@code is defined}.
   */
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "casefold",
          "encode",
          "expandtabs",
          "format_map",
          "isidentifier",
          "isnumeric",
          "isprintable",
          "istitle",
          "maketrans",
          "translate");

  private StringMethods() {}

  /**
   * {@return the method called {@code name}, bound to {@code text}, or null if Python has none
   * either}
   */
  static @Nullable Value find(String text, String name) {
    Method method = METHODS.get(name);
    if (method != null) {
      return new Value.Function(name, arguments -> method.call(text, arguments));
    }
    if (UNSUPPORTED.contains(name)) {
      throw EvaluationFailure.of(
          "the string method '"
              + name
              + "' is not supported; these are: "
              + String.join(", ", new TreeSet<>(METHODS.keySet())));
    }
    return null;
  }

  private static Map<String, Method> methods() {
    Map<String, Method> methods = new HashMap<>();
    mapping(methods, "capitalize", Case::capitalize);
    mapping(methods, "lower", Case::lower);
    mapping(methods, "swapcase", Case::swap);
    mapping(methods, "title", Case::title);
    mapping(methods, "upper", Case::upper);
    question(methods, "isalnum", all(c -> Character.isLetterOrDigit(c) || Case.isDigit(c)));
    question(methods, "isalpha", all(Character::isLetter));
    question(methods, "isascii", text -> text.chars().allMatch(c -> c < 0x80));
    question(methods, "isdecimal", all(Character::isDigit));
    question(methods, "isdigit", all(Case::isDigit));
    question(methods, "islower", Case::isLower);
    question(methods, "isspace", all(Strings::isSpace));
    question(methods, "isupper", Case::isUpper);
    methods.put("strip", (text, args) -> Value.of(Strings.strip(text, stripped("strip", args))));
    methods.put(
        "lstrip", (text, args) -> Value.of(Strings.stripLeft(text, stripped("lstrip", args))));
    methods.put(
        "rstrip", (text, args) -> Value.of(Strings.stripRight(text, stripped("rstrip", args))));
    methods.put("split", Splitting::split);
    methods.put("rsplit", Splitting::splitFromRight);
    methods.put("splitlines", Splitting::lines);
    methods.put("partition", Splitting::partition);
    methods.put("rpartition", Splitting::partitionFromRight);
    methods.put("join", StringMethods::join);
    methods.put("replace", StringMethods::replace);
    methods.put("format", (text, args) -> Value.of(BraceFormat.format(text, args)));
    methods.put("removeprefix", StringMethods::removePrefix);
    methods.put("removesuffix", StringMethods::removeSuffix);
    methods.put("startswith", Searching::startsWith);
    methods.put("endswith", Searching::endsWith);
    methods.put("find", (text, args) -> Value.of(Searching.first("find", text, args)));
    methods.put("rfind", (text, args) -> Value.of(Searching.last("rfind", text, args)));
    methods.put("index", (text, args) -> found(Searching.first("index", text, args)));
    methods.put("rindex", (text, args) -> found(Searching.last("rindex", text, args)));
    methods.put("count", Searching::count);
    methods.put("ljust", (text, args) -> pad("ljust", text, args, Alignment.LEFT));
    methods.put("rjust", (text, args) -> pad("rjust", text, args, Alignment.RIGHT));
    methods.put("center", StringMethods::center);
    methods.put("zfill", StringMethods::fillWithZeros);
    return Map.copyOf(methods);
  }

  private static void mapping(
      Map<String, Method> methods, String name, UnaryOperator<String> mapping) {
    methods.put(
        name,
        (text, arguments) -> {
          arguments.bind(name, 0);
          return Value.of(mapping.apply(text));
        });
  }

  private static void question(
      Map<String, Method> methods, String name, Predicate<String> question) {
    methods.put(
        name,
        (text, arguments) -> {
          arguments.bind(name, 0);
          return Value.of(question.test(text));
        });
  }

  /** The questions about characters are false for the empty string. */
  private static Predicate<String> all(IntPredicate question) {
    return text -> !text.isEmpty() && text.codePoints().allMatch(question);
  }

  /**
   * {@return which code points an argument of the strip family names: white space if there is none}
   */
  static IntPredicate stripped(String method, Arguments arguments) {
    Bound bound = arguments.bind(method, 0, "chars");
    if (!bound.hasValue(0)) {
      return Strings::isSpace;
    }
    String characters = bound.text(0);
    return point -> characters.indexOf(point) >= 0;
  }

  private static Value join(String separator, Arguments arguments) {
    List<String> parts = new ArrayList<>();
    long length = 0;
    for (Value item : Iteration.items(arguments.bind("join", 1, "iterable").value(0))) {
      if (!(item instanceof Value.Str(String part))) {
        throw EvaluationFailure.of(
            "join() joins strings; element "
                + parts.size()
                + " has type "
                + item.typeName()
                + "; the filter |join takes any value");
      }
      parts.add(part);
      length += part.length() + separator.length();
    }
    Limits.checkText(length);
    return Value.of(String.join(separator, parts));
  }

  private static Value replace(String text, Arguments arguments) {
    Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    return Value.of(replace(text, bound.text(0), bound.text(1), bound.integer(2, -1)));
  }

  /**
   * {@return {@code text} with the first {@code count} of {@code old} replaced, all if negative}
   */
  static String replace(String text, String old, String replacement, long count) {
    long limit = count < 0 ? Long.MAX_VALUE : count;
    long found = old.isEmpty() ? Strings.length(text) + 1L : Strings.count(text, old);
    Limits.checkText(text.length() + Math.min(found, limit) * replacement.length());
    StringBuilder out = new StringBuilder();
    int copied = 0;
    for (long i = 0; i < Math.min(found, limit); i++) {
      // An empty string is found before every character and at the end.
      int at =
          !old.isEmpty()
              ? text.indexOf(old, copied)
              : i == 0 ? 0 : text.offsetByCodePoints(copied, 1);
      out.append(text, copied, at).append(replacement);
      copied = at + old.length();
    }
    return out.append(text, copied, text.length()).toString();
  }

  private static Value removePrefix(String text, Arguments arguments) {
    String prefix = arguments.bind("removeprefix", 1, "prefix").text(0);
    return Value.of(text.startsWith(prefix) ? text.substring(prefix.length()) : text);
  }

  private static Value removeSuffix(String text, Arguments arguments) {
    String suffix = arguments.bind("removesuffix", 1, "suffix").text(0);
    return Value.of(
        text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text);
  }

  private static Value found(long index) {
    if (index < 0) {
      throw EvaluationFailure.of("the string does not contain the one searched for");
    }
    return Value.of(index);
  }

  private static Value pad(String method, String text, Arguments arguments, Alignment alignment) {
    Bound bound = arguments.bind(method, 1, "width", "fillchar");
    return Value.of(Strings.pad(text, bound.integer(0), fill(bound), alignment));
  }

  private static Value center(String text, Arguments arguments) {
    Bound bound = arguments.bind("center", 1, "width", "fillchar");
    return Value.of(center(text, bound.integer(0), fill(bound)));
  }

  /** Unlike the format {@code ^}, this puts the odd blank to the left if the width is odd. */
  static String center(String text, long width, String fill) {
    long missing = Limits.checkText(Math.max(width, 0)) - (long) Strings.length(text);
    if (missing <= 0) {
      return text;
    }
    long left = missing / 2 + (missing & width & 1);
    return Strings.repeat(fill, left) + text + Strings.repeat(fill, missing - left);
  }

  private static String fill(Bound bound) {
    String fill = bound.text(1, " ");
    if (Strings.length(fill) != 1) {
      throw EvaluationFailure.of("the fill character must be exactly one character long");
    }
    return fill;
  }

  private static Value fillWithZeros(String text, Arguments arguments) {
    long width = arguments.bind("zfill", 1, "width").integer(0);
    String sign = text.startsWith("-") || text.startsWith("+") ? text.substring(0, 1) : "";
    return Value.of(
        sign
            + Strings.pad(
                text.substring(sign.length()), width - sign.length(), "0", Alignment.RIGHT));
  }

  /** A method that is not bound to its string yet. */
  @FunctionalInterface
  interface Method {
    Value call(String text, Arguments arguments);
  }
}
