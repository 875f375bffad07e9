package org.mla4j.models.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Floating-point numbers as text, digit for digit as Python writes them. */
final class Decimals {

  private Decimals() {}

  /** {@return the shortest text that reads back as {@code value}, as {@code repr} writes it} */
  static String shortest(double value) {
    if (!Double.isFinite(value)) {
      return special(value);
    }
    BigDecimal decimal = shortestDecimal(Math.abs(value));
    String digits = decimal.unscaledValue().toString();
    int exponent = value == 0 ? 0 : digits.length() - decimal.scale() - 1;
    String text =
        exponent >= -4 && exponent < 16
            ? withPoint(value == 0 ? "0" : decimal.toPlainString())
            : mantissa(digits) + exponent(exponent);
    return sign(value) + text;
  }

  /** {@return {@code value} with {@code precision} digits after the point: the format {@code f}} */
  static String fixed(double value, int precision) {
    if (!Double.isFinite(value)) {
      return special(value);
    }
    // The exact binary value, so that a tie is a tie only where it is one for Python too.
    BigDecimal decimal =
        new BigDecimal(Math.abs(value)).setScale(precision, RoundingMode.HALF_EVEN);
    return sign(value) + decimal.toPlainString();
  }

  /** {@return {@code value} as d.ddde+dd: the format {@code e}} */
  static String scientific(double value, int precision) {
    if (!Double.isFinite(value)) {
      return special(value);
    }
    if (value == 0) {
      return sign(value) + (precision == 0 ? "0" : "0." + "0".repeat(precision)) + exponent(0);
    }
    String digits = significant(value, precision + 1);
    return sign(value) + mantissa(digits) + exponent(exponentAfterRounding(value, precision + 1));
  }

  /** {@return {@code value} with {@code precision} significant digits: the format {@code g}} */
  static String general(double value, int precision) {
    if (!Double.isFinite(value)) {
      return special(value);
    }
    int digits = Math.max(precision, 1);
    int exponent = value == 0 ? 0 : exponentAfterRounding(value, digits);
    if (exponent < -4 || exponent >= digits) {
      String text = significant(value, digits).replaceFirst("(?<=.)0+$", "");
      return sign(value) + mantissa(text) + exponent(exponent);
    }
    String text = fixed(Math.abs(value), Math.max(digits - 1 - exponent, 0));
    return sign(value) + (text.indexOf('.') < 0 ? text : text.replaceFirst("\\.?0+$", ""));
  }

  /** Rounds as Python's {@code round}: to the nearest, ties of the exact value to even. */
  static double round(double value, int precision) {
    if (!Double.isFinite(value) || precision > 400) {
      return value;
    }
    double rounded =
        new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return rounded == 0 ? Math.copySign(0.0, value) : rounded;
  }

  static boolean isNegative(double value) {
    return value < 0 || (value == 0 && 1 / value < 0);
  }

  private static BigDecimal shortestDecimal(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      // Java always writes two digits, and chooses them closest to the value: 4.9E-324 where 5e-324
      // is enough.
      BigDecimal rounded = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
      return rounded.doubleValue() == value ? rounded : decimal;
    }
    return decimal;
  }

  private static String significant(double value, int digits) {
    String text = rounded(value, digits).unscaledValue().toString();
    return text.length() < digits
        ? text + "0".repeat(digits - text.length())
        : text.substring(0, digits);
  }

  private static int exponentAfterRounding(double value, int digits) {
    BigDecimal rounded = rounded(value, digits);
    return rounded.precision() - rounded.scale() - 1;
  }

  private static BigDecimal rounded(double value, int digits) {
    return new BigDecimal(Math.abs(value)).round(new MathContext(digits, RoundingMode.HALF_EVEN));
  }

  private static String sign(double value) {
    return isNegative(value) ? "-" : "";
  }

  private static String special(double value) {
    return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }

  private static String withPoint(String text) {
    return text.indexOf('.') < 0 ? text + ".0" : text;
  }

  private static String mantissa(String digits) {
    return digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
  }

  private static String exponent(int exponent) {
    return String.format(Locale.ROOT, "e%c%02d", exponent < 0 ? '-' : '+', Math.abs(exponent));
  }
}
