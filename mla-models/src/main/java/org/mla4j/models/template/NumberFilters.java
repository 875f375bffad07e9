package org.mla4j.models.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Arguments.Bound;
import org.mla4j.models.template.Value.Integral;
import org.mla4j.models.template.Value.Numeric;

/** Filters that make a number. */
final class NumberFilters {

  private static final Pattern REAL =
      Pattern.compile(
          "[-+]?(?:\\d(?:_?\\d)*\\.?(?:\\d(?:_?\\d)*)?|\\.\\d(?:_?\\d)*)(?:[eE][-+]?\\d(?:_?\\d)*)?");
  private static final Pattern DIGITS = Pattern.compile("[0-9a-z](?:_?[0-9a-z])*");

  private NumberFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("abs", NumberFilters::abs);
    filters.put("int", NumberFilters::toInteger);
    filters.put("float", NumberFilters::toReal);
    filters.put("round", NumberFilters::round);
  }

  private static Value abs(Value input, Arguments arguments) {
    arguments.bind("abs", 0);
    return switch (input) {
      case Integral integral when integral.asLong() < 0 -> Arithmetic.negate(input);
      case Integral integral -> Value.of(integral.asLong());
      case Value.Real(double value) -> Value.of(Math.abs(value));
      default -> throw notANumber("abs", input);
    };
  }

  private static Value toInteger(Value input, Arguments arguments) {
    Bound bound = arguments.bind("int", 0, "default", "base");
    Value otherwise = bound.value(0, Value.of(0));
    Value exact =
        switch (input) {
          case Integral integral -> Value.of(integral.asLong());
          case Value.Real(double value) when Double.isNaN(value) -> null;
          case Value.Real(double value) -> truncate(value);
          case Value.Str(String text) -> parse(text, bound.integer(1, 10));
          case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
          default -> null;
        };
    if (exact != null) {
      return exact;
    }
    OptionalDouble real =
        input instanceof Value.Str(String text) ? parseReal(text) : OptionalDouble.empty();
    return real.isPresent() && Double.isFinite(real.getAsDouble())
        ? truncate(real.getAsDouble())
        : otherwise;
  }

  private static Value toReal(Value input, Arguments arguments) {
    Bound bound = arguments.bind("float", 0, "default");
    Value otherwise = bound.value(0, Value.of(0.0));
    return switch (input) {
      case Numeric number -> Value.of(number.asDouble());
      case Value.Str(String text) -> {
        OptionalDouble real = parseReal(text);
        yield real.isPresent() ? Value.of(real.getAsDouble()) : otherwise;
      }
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      default -> otherwise;
    };
  }

  private static Value round(Value input, Arguments arguments) {
    Bound bound = arguments.bind("round", 0, "precision", "method");
    if (!(input instanceof Numeric number)) {
      throw notANumber("round", input);
    }
    int precision = Math.clamp(bound.integer(0, 0), -400, 400);
    String method = bound.text(1, "common");
    double scale = Math.pow(10, precision);
    return switch (method) {
      case "common" ->
          number instanceof Integral integral
              ? roundInteger(integral.asLong(), precision)
              : Value.of(Decimals.round(number.asDouble(), precision));
      case "ceil" -> Value.of(Math.ceil(number.asDouble() * scale) / scale);
      case "floor" -> Value.of(Math.floor(number.asDouble() * scale) / scale);
      default ->
          throw EvaluationFailure.of(
              "round has no method '" + method + "'; it has: common, ceil, floor");
    };
  }

  private static Value roundInteger(long value, int precision) {
    if (precision >= 0) {
      return Value.of(value);
    }
    return Value.of(
        BigDecimal.valueOf(value).setScale(precision, RoundingMode.HALF_EVEN).longValueExact());
  }

  /** {@return the integer part of {@code value}} */
  static Value truncate(double value) {
    // 2^63 itself is exact as a double and just does not fit.
    if (!(Math.abs(value) < 0x1p63)) {
      throw EvaluationFailure.of(
          Decimals.shortest(value) + " does not fit in an integer of 64 bits");
    }
    return Value.of((long) value);
  }

  /** {@return the integer that {@code text} spells, or null if it spells none} */
  private static @Nullable Value parse(String text, long base) {
    if (base != 0 && (base < 2 || base > 36)) {
      throw EvaluationFailure.of("int needs a base between 2 and 36, got " + base);
    }
    String digits = normalize(text);
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = base == 0 ? 10 : (int) base;
    for (Map.Entry<String, Integer> prefix : Map.of("0x", 16, "0o", 8, "0b", 2).entrySet()) {
      if (digits.startsWith(prefix.getKey()) && (base == 0 || base == prefix.getValue())) {
        digits = digits.substring(2);
        radix = prefix.getValue();
        break;
      }
    }
    if (!DIGITS.matcher(digits).matches()) {
      return null;
    }
    try {
      BigInteger magnitude = new BigInteger(digits.replace("_", ""), radix);
      return Value.of((negative ? magnitude.negate() : magnitude).longValueExact());
    } catch (NumberFormatException notDigitsOfThisBase) {
      return null;
    } catch (ArithmeticException tooLarge) {
      throw EvaluationFailure.of("'" + text + "' does not fit in an integer of 64 bits");
    }
  }

  private static OptionalDouble parseReal(String text) {
    String stripped = normalize(text);
    if (REAL.matcher(stripped).matches()) {
      return OptionalDouble.of(Double.parseDouble(stripped.replace("_", "")));
    }
    return switch (stripped) {
      case "nan", "+nan", "-nan" -> OptionalDouble.of(Double.NaN);
      case "inf", "+inf", "infinity", "+infinity" -> OptionalDouble.of(Double.POSITIVE_INFINITY);
      case "-inf", "-infinity" -> OptionalDouble.of(Double.NEGATIVE_INFINITY);
      default -> OptionalDouble.empty();
    };
  }

  /**
   * {@return {@code text} in lower case, without white space around it, and with the digits of all
   * scripts as ASCII}
   */
  private static String normalize(String text) {
    StringBuilder out = new StringBuilder();
    Case.lower(Strings.strip(text, Strings::isSpace))
        .codePoints()
        .map(point -> Character.isDigit(point) ? '0' + Character.digit(point, 10) : point)
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  private static EvaluationFailure notANumber(String filter, Value input) {
    return EvaluationFailure.of(
        input instanceof Value.Undefined undefined
            ? undefined.message()
            : filter + " needs a number, got " + input.typeName());
  }
}
