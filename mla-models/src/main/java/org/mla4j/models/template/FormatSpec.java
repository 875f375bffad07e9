package org.mla4j.models.template;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Strings.Alignment;

/**
 * How one value is laid out, as {@code '{:>8.2f}'.format} and {@code '%8.2f' %} both mean it.
 *
 * @param fill one code point to fill up with
 * @param align {@code <}, {@code >}, {@code ^}, {@code =} (between sign and digits), or empty for
 *     the type's own
 * @param sign {@code -}, {@code +} or a blank: what stands before a number that is not negative
 * @param alternate whether {@code 0x} and the like stand before the digits
 * @param width the least width in code points
 * @param grouping what separates groups of digits: {@code ,}, {@code _} or nothing
 * @param precision digits after the point, or the greatest length of a text; -1 if not given
 * @param type the letter of the conversion, or empty for the type's own
 */
record FormatSpec(
    String fill,
    String align,
    char sign,
    boolean alternate,
    int width,
    String grouping,
    int precision,
    String type) {

  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+"
              + " ])?(?<alternate>#)?(?<zero>0)?(?<width>\\d+)?"
              + "(?<grouping>[,_])?(?:\\.(?<precision>\\d+))?(?<type>[bcdeEfFgGnosxX%])?",
          Pattern.DOTALL);

  static FormatSpec parse(String text) {
    Matcher matcher = SYNTAX.matcher(text);
    if (!matcher.matches()) {
      throw EvaluationFailure.of("the format '" + text + "' is malformed");
    }
    boolean zero = matcher.group("zero") != null;
    String fill = matcher.group("fill");
    String align = orEmpty(matcher.group("align"));
    String sign = matcher.group("sign");
    return new FormatSpec(
        fill != null ? fill : zero ? "0" : " ",
        align.isEmpty() && zero ? "=" : align,
        sign == null ? '-' : sign.charAt(0),
        matcher.group("alternate") != null,
        number(matcher.group("width"), 0),
        orEmpty(matcher.group("grouping")),
        number(matcher.group("precision"), -1),
        orEmpty(matcher.group("type")));
  }

  String format(Value value) {
    return switch (value) {
      case Value.Str(String text) -> formatText(text);
      // Anything but the bare field makes an integer of a truth value.
      case Value.Bool _ when isPlain() && type.isEmpty() -> PythonText.str(value);
      case Value.Integral integral -> formatInteger(integral);
      case Value.Real(double number) -> formatReal(number);
      case Value.Undefined undefined when isPlain() -> PythonText.str(undefined);
      default -> {
        if (!isPlain()) {
          throw EvaluationFailure.of(
              "a value of type " + value.typeName() + " takes no format specification");
        }
        yield PythonText.str(value);
      }
    };
  }

  /** {@return {@code text}, cut and filled up; a text stands left unless told otherwise} */
  String formatText(String text) {
    if (!type.isEmpty() && !type.equals("s")) {
      throw wrongType("str");
    }
    int length = Strings.length(text);
    String cut = precision >= 0 && precision < length ? Strings.slice(text, 0, precision) : text;
    return pad(cut, Alignment.LEFT);
  }

  private String formatInteger(Value.Integral integral) {
    long value = integral.asLong();
    if (precision >= 0 && (type.isEmpty() || "bcdnoxX".contains(type))) {
      throw EvaluationFailure.of("the format of an integer has no precision");
    }
    return switch (type) {
      case "", "d", "n" -> formatDigits(value < 0, "", decimal(value), "");
      case "b" -> formatDigits(value < 0, alternate ? "0b" : "", magnitude(value, 2), "");
      case "o" -> formatDigits(value < 0, alternate ? "0o" : "", magnitude(value, 8), "");
      case "x" -> formatDigits(value < 0, alternate ? "0x" : "", magnitude(value, 16), "");
      case "X" ->
          formatDigits(
              value < 0, alternate ? "0X" : "", magnitude(value, 16).toUpperCase(Locale.ROOT), "");
      case "c" -> pad(character(value), Alignment.LEFT);
      case "s" -> throw wrongType("int");
      default -> formatReal(integral.asDouble());
    };
  }

  private String formatReal(double value) {
    String text =
        switch (type) {
          case "" -> precision < 0 ? Decimals.shortest(value) : shortWithPoint(value);
          case "e", "E" -> Decimals.scientific(value, precision < 0 ? 6 : precision);
          case "f", "F" -> Decimals.fixed(value, precision < 0 ? 6 : precision);
          case "g", "G", "n" -> Decimals.general(value, precision < 0 ? 6 : precision);
          case "%" -> Decimals.fixed(value * 100, precision < 0 ? 6 : precision);
          default -> throw wrongType("float");
        };
    boolean negative = text.startsWith("-");
    String magnitude = negative ? text.substring(1) : text;
    if (type.equals("E") || type.equals("F") || type.equals("G")) {
      magnitude = magnitude.toUpperCase(Locale.ROOT);
    }
    int whole = 0;
    while (whole < magnitude.length() && Character.isDigit(magnitude.charAt(whole))) {
      whole++;
    }
    String rest = magnitude.substring(whole) + (type.equals("%") ? "%" : "");
    return formatDigits(negative, "", magnitude.substring(0, whole), rest);
  }

  /** A precision without a type: like {@code g}, but the result still looks like a float. */
  private String shortWithPoint(double value) {
    String text = Decimals.general(value, precision);
    boolean isWhole = text.chars().allMatch(c -> c == '-' || Character.isDigit(c));
    return isWhole ? text + ".0" : text;
  }

  private String formatDigits(boolean negative, String prefix, String digits, String rest) {
    String mark = (negative ? "-" : sign == '-' ? "" : String.valueOf(sign)) + prefix;
    if (!align.equals("=")) {
      return pad(mark + grouped(digits, 0) + rest, Alignment.RIGHT);
    }
    int room = Limits.checkText(width) - mark.length() - rest.length();
    if (fill.equals("0")) {
      return mark + Strings.pad(grouped(digits, room), room, "0", Alignment.RIGHT) + rest;
    }
    return mark + Strings.pad(grouped(digits, 0), room, fill, Alignment.RIGHT) + rest;
  }

  /** Groups the digits, with leading zeros (which are grouped too) up to {@code width}. */
  private String grouped(String digits, int width) {
    if (grouping.isEmpty() || digits.isEmpty()) {
      return digits;
    }
    int size = type.isEmpty() || "dnfFeEgG%".contains(type) ? 3 : 4;
    StringBuilder out = new StringBuilder();
    int written = 0;
    for (int i = digits.length() - 1; i >= 0 || out.length() < width; i--) {
      if (written > 0 && written % size == 0) {
        out.append(grouping);
      }
      out.append(i >= 0 ? digits.charAt(i) : '0');
      written++;
    }
    return out.reverse().toString();
  }

  private String pad(String text, Alignment natural) {
    return Strings.pad(
        text,
        width,
        fill,
        switch (align) {
          case "<" -> Alignment.LEFT;
          case ">" -> Alignment.RIGHT;
          case "^" -> Alignment.CENTER;
          case "=" -> throw EvaluationFailure.of("the alignment '=' is for numbers");
          default -> natural;
        });
  }

  private boolean isPlain() {
    return width == 0
        && precision < 0
        && align.isEmpty()
        && grouping.isEmpty()
        && sign == '-'
        && (type.isEmpty() || type.equals("s"));
  }

  private EvaluationFailure wrongType(String typeName) {
    return EvaluationFailure.of(
        "the format '" + type + "' does not fit a value of type " + typeName);
  }

  private static String decimal(long value) {
    return magnitude(value, 10);
  }

  private static String magnitude(long value, int radix) {
    String text = Long.toString(value, radix);
    return value < 0 ? text.substring(1) : text;
  }

  private static String character(long point) {
    if (point < 0 || point > Character.MAX_CODE_POINT) {
      throw EvaluationFailure.of(point + " is not a code point");
    }
    return Character.toString((int) point);
  }

  private static int number(@Nullable String digits, int otherwise) {
    if (digits == null) {
      return otherwise;
    }
    try {
      return Limits.checkText(Long.parseLong(digits));
    } catch (NumberFormatException tooLarge) {
      throw EvaluationFailure.of("the number " + digits + " in a format is too large");
    }
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
