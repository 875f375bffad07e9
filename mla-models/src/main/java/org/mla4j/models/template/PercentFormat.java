package org.mla4j.models.template;

import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code %} operator of strings: {@code '%s has %d' % (name, count)}. */
final class PercentFormat {

  private static final Pattern CONVERSION =
      Pattern.compile(
          "%(?:\\((?<key>[^)]*)\\))?(?<flags>[-+"
              + " #0]*)(?<width>\\*|\\d+)?(?:\\.(?<precision>\\*|\\d*))?[hlL]?(?<type>.)?",
          Pattern.DOTALL);

  private PercentFormat() {}

  static String format(String format, Value arguments) {
    Iterator<Value> positional =
        (arguments instanceof Value.Tuple(List<Value> items) ? items : List.of(arguments))
            .iterator();
    boolean usesKeys = false;
    Output out = new Output();
    int copied = 0;
    Matcher matcher = CONVERSION.matcher(format);
    while (matcher.find()) {
      out.append(format.substring(copied, matcher.start()));
      copied = matcher.end();
      String type = matcher.group("type");
      if (type == null) {
        throw EvaluationFailure.of("the format string ends inside a conversion");
      }
      if (type.equals("%")) {
        out.append('%');
        continue;
      }
      String key = matcher.group("key");
      usesKeys |= key != null;
      String width = size(matcher.group("width"), positional);
      String precision = matcher.group("precision");
      String digits =
          precision == null ? null : precision.isEmpty() ? "0" : size(precision, positional);
      Value value = key == null ? next(positional) : byKey(arguments, key);
      out.append(convert(matcher.group("flags"), width, digits, type, value));
    }
    out.append(format.substring(copied));
    if (positional.hasNext() && !usesKeys && !hasKeys(arguments)) {
      throw EvaluationFailure.of("not all arguments of % were used by the format string");
    }
    return out.toString();
  }

  /** What takes an index or a key may go unused: the format string might have named its keys. */
  private static boolean hasKeys(Value arguments) {
    return arguments instanceof Value.Dict
        || arguments instanceof Value.ListOf
        || arguments instanceof Value.Range
        || arguments instanceof Value.Undefined;
  }

  private static String convert(
      String flags, String width, @Nullable String precision, String type, Value value) {
    // Python's minus means left; its own default is right, for texts too.
    boolean left = flags.contains("-");
    boolean zero = flags.contains("0") && !left && !type.equals("s") && !type.equals("r");
    String sign = flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
    String layout = (left ? "<" : zero ? "0=" : ">");
    String tail = precision == null ? "" : "." + precision;
    return switch (type) {
      case "s" -> FormatSpec.parse(layout + width + tail).formatText(PythonText.str(value));
      case "r" -> FormatSpec.parse(layout + width + tail).formatText(PythonText.repr(value));
      case "c" ->
          value instanceof Value.Str(String text) && Strings.length(text) == 1
              ? FormatSpec.parse(layout + width).formatText(text)
              : FormatSpec.parse(layout + width + "c").format(number(type, value));
      case "d", "i", "u" ->
          FormatSpec.parse(layout + sign + width + "d").format(truncate(number(type, value)));
      case "x", "X", "o" ->
          FormatSpec.parse(layout + sign + (flags.contains("#") ? "#" : "") + width + type)
              .format(integral(type, value));
      case "e", "E", "f", "F", "g", "G" ->
          FormatSpec.parse(layout + sign + width + tail + type)
              .format(Value.of(number(type, value).asDouble()));
      default ->
          throw EvaluationFailure.of("the format string has an unknown conversion '%" + type + "'");
    };
  }

  private static Value.Numeric number(String type, Value value) {
    if (value instanceof Value.Numeric number) {
      return number;
    }
    throw EvaluationFailure.of(
        value instanceof Value.Undefined undefined
            ? undefined.message()
            : "%" + type + " needs a number, got " + value.typeName());
  }

  private static Value integral(String type, Value value) {
    if (number(type, value) instanceof Value.Integral integral) {
      return integral;
    }
    throw EvaluationFailure.of("%" + type + " needs an integer, got " + value.typeName());
  }

  private static Value truncate(Value.Numeric number) {
    return number instanceof Value.Integral integral
        ? Value.of(integral.asLong())
        : NumberFilters.truncate(number.asDouble());
  }

  private static Value next(Iterator<Value> arguments) {
    if (!arguments.hasNext()) {
      throw EvaluationFailure.of("the format string has more conversions than % has arguments");
    }
    return arguments.next();
  }

  private static Value byKey(Value arguments, String key) {
    if (!(arguments instanceof Value.Dict dict)) {
      throw EvaluationFailure.of("the format string names '" + key + "', so % needs a dict");
    }
    Value value = dict.entries().get(Value.of(key));
    if (value == null) {
      throw EvaluationFailure.of("the format string names '" + key + "', which the dict lacks");
    }
    return value;
  }

  private static String size(@Nullable String text, Iterator<Value> arguments) {
    if (text == null) {
      return "";
    }
    if (!text.equals("*")) {
      return text;
    }
    if (next(arguments) instanceof Value.Integral integral && integral.asLong() >= 0) {
      return Long.toString(integral.asLong());
    }
    throw EvaluationFailure.of("* in a format string needs an integer that is not negative");
  }
}
