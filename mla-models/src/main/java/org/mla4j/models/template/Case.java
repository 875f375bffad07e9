package org.mla4j.models.template;

import java.util.Locale;

/** Letter case and character classes, independent of the machine's locale. */
final class Case {

  private Case() {}

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int second = text.offsetByCodePoints(0, 1);
    return titleCase(text.codePointAt(0)) + lower(text.substring(second));
  }

  /** Starts every run of letters with a capital: Python's {@code str.title}. */
  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int point = text.codePointAt(i);
      out.append(inWord ? lower(Character.toString(point)) : titleCase(point));
      inWord = isCased(point);
    }
    return out.toString();
  }

  static String swap(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .mapToObj(point -> {
          String character = Character.toString(point);
          return Character.isUpperCase(point) ? lower(character) : upper(character);
        })
        .forEach(out::append);
    return out.toString();
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }

  /** Decimal digits and the likes of superscript two, as {@code str.isdigit} counts them. */
  @SuppressWarnings("CharacterGetNumericValue") // Asked about numbers only, it has no surprises.
  static boolean isDigit(int point) {
    int value = Character.getNumericValue(point);
    return Character.isDigit(point)
        || (Character.getType(point) == Character.OTHER_NUMBER && value >= 0 && value <= 9);
  }

  private static boolean isCased(int point) {
    return Character.isUpperCase(point)
        || Character.isLowerCase(point)
        || Character.isTitleCase(point);
  }

  private static String titleCase(int point) {
    int title = Character.toTitleCase(point);
    // Letters such as the sharp s have no single title-case letter, but an upper-case sequence.
    return title == point && Character.isLowerCase(point)
        ? capitalizeSequence(upper(Character.toString(point)))
        : Character.toString(title);
  }

  private static String capitalizeSequence(String upper) {
    int second = upper.offsetByCodePoints(0, 1);
    return upper.substring(0, second) + lower(upper.substring(second));
  }
}
