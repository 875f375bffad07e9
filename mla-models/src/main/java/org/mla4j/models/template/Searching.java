package org.mla4j.models.template;

import java.util.List;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Arguments.Bound;

/** The string methods that look for a part; all take the bounds of where to look. */
final class Searching {

  private Searching() {}

  static Value startsWith(String text, Arguments arguments) {
    return matches("startswith", text, arguments, String::startsWith);
  }

  static Value endsWith(String text, Arguments arguments) {
    return matches("endswith", text, arguments, String::endsWith);
  }

  /** {@return the index of the first occurrence in code points, -1 if there is none} */
  static long first(String method, String text, Arguments arguments) {
    Bound bound = arguments.bind(method, 1, "sub", "start", "end");
    Region region = region(text, bound);
    return region == null ? -1 : region.index(region.text.indexOf(bound.text(0)));
  }

  /** {@return the index of the last occurrence in code points, -1 if there is none} */
  static long last(String method, String text, Arguments arguments) {
    Bound bound = arguments.bind(method, 1, "sub", "start", "end");
    Region region = region(text, bound);
    return region == null ? -1 : region.index(region.text.lastIndexOf(bound.text(0)));
  }

  static Value count(String text, Arguments arguments) {
    Bound bound = arguments.bind("count", 1, "sub", "start", "end");
    Region region = region(text, bound);
    String part = bound.text(0);
    if (region == null) {
      return Value.of(0);
    }
    return Value.of(
        part.isEmpty() ? Strings.length(region.text) + 1 : Strings.count(region.text, part));
  }

  private static Value matches(
      String method, String text, Arguments arguments, BiPredicate<String, String> question) {
    Bound bound = arguments.bind(method, 1, "affix", "start", "end");
    Region region = region(text, bound);
    if (bound.value(0) instanceof Value.Tuple(List<Value> alternatives)) {
      return Value.of(
          region != null
              && alternatives.stream()
                  .anyMatch(affix -> question.test(region.text, string(method, affix))));
    }
    String affix = bound.text(0);
    return Value.of(region != null && question.test(region.text, affix));
  }

  private static String string(String method, Value affix) {
    if (affix instanceof Value.Str(String text)) {
      return text;
    }
    throw EvaluationFailure.of(
        method + "() takes a string or a tuple of strings, not " + affix.typeName());
  }

  /**
   * {@return the part of the text in which to look, null if the bounds cross: not even "" is found
   * then}
   */
  private static @Nullable Region region(String text, Bound bound) {
    if (!bound.hasValue(1) && !bound.hasValue(2)) {
      return new Region(text, 0);
    }
    int length = Strings.length(text);
    long start = bound.hasValue(1) ? fromEnd(bound.integer(1), length) : 0;
    long end = bound.hasValue(2) ? Math.min(fromEnd(bound.integer(2), length), length) : length;
    return start > end ? null : new Region(Strings.slice(text, (int) start, (int) end), start);
  }

  private static long fromEnd(long index, int length) {
    return index < 0 ? Math.max(index + length, 0) : index;
  }

  /** A part of a text and where it starts, in code points. */
  private record Region(String text, long start) {
    long index(int at) {
      return at < 0 ? -1 : start + text.codePointCount(0, at);
    }
  }
}
