package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.mla4j.models.template.Arguments.Bound;

/** The string methods that take a string apart. */
final class Splitting {

  private Splitting() {}

  static Value split(String text, Arguments arguments) {
    Bound bound = arguments.bind("split", 0, "sep", "maxsplit");
    long limit = limit(bound);
    if (!bound.hasValue(0)) {
      return list(splitAtSpace(text, limit));
    }
    String separator = separator(bound);
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int at; parts.size() < limit && (at = text.indexOf(separator, start)) >= 0; ) {
      parts.add(text.substring(start, at));
      start = at + separator.length();
    }
    parts.add(text.substring(start));
    return list(parts);
  }

  static Value splitFromRight(String text, Arguments arguments) {
    Bound bound = arguments.bind("rsplit", 0, "sep", "maxsplit");
    long limit = limit(bound);
    List<String> parts = new ArrayList<>();
    if (!bound.hasValue(0)) {
      // Mirrored, because it is the same rule read from the other end.
      for (String part : splitAtSpace(mirrored(text), limit)) {
        parts.add(mirrored(part));
      }
    } else {
      String separator = separator(bound);
      int end = text.length();
      for (int at;
          parts.size() < limit
              && (at = text.lastIndexOf(separator, end - separator.length())) >= 0; ) {
        parts.add(text.substring(at + separator.length(), end));
        end = at;
      }
      parts.add(text.substring(0, end));
    }
    Collections.reverse(parts);
    return list(parts);
  }

  static Value lines(String text, Arguments arguments) {
    Bound bound = arguments.bind("splitlines", 0, "keepends");
    return list(Strings.lines(text, bound.truth(0, false)));
  }

  static Value partition(String text, Arguments arguments) {
    String separator = separator(arguments.bind("partition", 1, "sep"));
    int at = text.indexOf(separator);
    return at < 0 ? tuple(text, "", "") : cut(text, at, separator);
  }

  static Value partitionFromRight(String text, Arguments arguments) {
    String separator = separator(arguments.bind("rpartition", 1, "sep"));
    int at = text.lastIndexOf(separator);
    return at < 0 ? tuple("", "", text) : cut(text, at, separator);
  }

  private static List<String> splitAtSpace(String text, long limit) {
    List<String> parts = new ArrayList<>();
    String rest = Strings.stripLeft(text, Strings::isSpace);
    while (!rest.isEmpty()) {
      if (parts.size() == limit) {
        parts.add(rest);
        break;
      }
      String after = Strings.stripLeft(rest, point -> !Strings.isSpace(point));
      parts.add(rest.substring(0, rest.length() - after.length()));
      rest = Strings.stripLeft(after, Strings::isSpace);
    }
    return parts;
  }

  private static long limit(Bound bound) {
    long limit = bound.integer(1, -1);
    return limit < 0 ? Long.MAX_VALUE : limit;
  }

  private static String separator(Bound bound) {
    String separator = bound.text(0);
    if (separator.isEmpty()) {
      throw EvaluationFailure.of("the separator of a split cannot be empty");
    }
    return separator;
  }

  private static String mirrored(String text) {
    return new StringBuilder(text).reverse().toString();
  }

  private static Value cut(String text, int at, String separator) {
    return tuple(text.substring(0, at), separator, text.substring(at + separator.length()));
  }

  private static Value tuple(String before, String separator, String after) {
    return Value.Tuple.of(Value.of(before), Value.of(separator), Value.of(after));
  }

  private static Value list(List<String> parts) {
    return new Value.ListOf(parts.stream().map(Value::of).toList());
  }
}
