package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Strings as Python sees them: sequences of code points, with Python's idea of white space and of
 * line ends.
 */
final class Strings {

  private Strings() {}

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** {@return the code points of {@code text}, one string each} */
  static List<Value> characters(String text) {
    List<Value> characters = new ArrayList<>(text.length());
    text.codePoints().forEach(point -> characters.add(Value.of(Character.toString(point))));
    return characters;
  }

  /** {@return the code points from {@code from} to {@code to}, which are in range and in order} */
  static String slice(String text, int from, int to) {
    int start = text.offsetByCodePoints(0, from);
    return text.substring(start, text.offsetByCodePoints(start, to - from));
  }

  /**
   * Python's {@code str.isspace}: unlike Java it counts the no-break spaces and the next-line
   * control.
   */
  static boolean isSpace(int point) {
    return Character.isWhitespace(point)
        || point == 0x85
        || point == 0xA0
        || point == 0x2007
        || point == 0x202F;
  }

  static boolean isBlank(String text) {
    return text.codePoints().allMatch(Strings::isSpace);
  }

  static String stripLeft(String text, IntPredicate strip) {
    int start = 0;
    while (start < text.length() && strip.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    return text.substring(start);
  }

  static String stripRight(String text, IntPredicate strip) {
    int end = text.length();
    while (end > 0 && strip.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  static String strip(String text, IntPredicate strip) {
    return stripRight(stripLeft(text, strip), strip);
  }

  /** {@return the lines of {@code text}; a line end at the very end starts no new line} */
  static List<String> lines(String text, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && !isLineEnd(text.charAt(end))) {
        end++;
      }
      int next = end;
      if (end < text.length()) {
        next += text.startsWith("\r\n", end) ? 2 : 1;
      }
      lines.add(text.substring(start, keepEnds ? next : end));
      start = next;
    }
    return lines;
  }

  private static boolean isLineEnd(char c) {
    return (c >= '\n' && c <= '\r')
        || (c >= 0x1C && c <= 0x1E)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  /** Orders by code point, where {@link String#compareTo} orders by UTF-16 unit. */
  static int compare(String left, String right) {
    int i = 0;
    int shorter = Math.min(left.length(), right.length());
    while (i < shorter && left.charAt(i) == right.charAt(i)) {
      i++;
    }
    if (i == shorter) {
      return Integer.compare(left.length(), right.length());
    }
    if (i > 0 && Character.isHighSurrogate(left.charAt(i - 1))) {
      i--;
    }
    return Integer.compare(left.codePointAt(i), right.codePointAt(i));
  }

  /** {@return how often {@code part}, which is not empty, occurs without overlap} */
  static int count(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  static String repeat(String text, long times) {
    if (times <= 0 || text.isEmpty()) {
      return "";
    }
    // Compared by division: the product of two large numbers could wrap around.
    if (times > Limits.TEXT / text.length()) {
      Limits.checkText(times > Integer.MAX_VALUE ? times : times * text.length());
    }
    return text.repeat((int) times);
  }

  /** {@return {@code text} filled up with {@code fill} to {@code width} code points} */
  static String pad(String text, long width, String fill, Alignment alignment) {
    long missing = Limits.checkText(Math.max(width, 0)) - (long) length(text);
    if (missing <= 0) {
      return text;
    }
    long left =
        switch (alignment) {
          case LEFT -> 0;
          case RIGHT -> missing;
          case CENTER -> missing / 2;
        };
    return repeat(fill, left) + text + repeat(fill, missing - left);
  }

  /** Where a padded text stands. */
  enum Alignment {
    LEFT,
    RIGHT,
    CENTER
  }
}
