package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.models.template.Value.Integral;
import org.mla4j.models.template.Value.Numeric;

/** Python's arithmetic, on numbers and on what else it is defined for. */
final class Arithmetic {

  private Arithmetic() {}

  static Value apply(ArithmeticOperator operator, Value left, Value right) {
    rejectUndefined(left);
    // A format string takes any argument, also one that is undefined: that prints as nothing.
    if (operator == ArithmeticOperator.MODULO && left instanceof Value.Str format) {
      return Value.of(PercentFormat.format(format.text(), right));
    }
    rejectUndefined(right);
    if (left instanceof Integral a && right instanceof Integral b) {
      return integers(operator, a.asLong(), b.asLong());
    }
    if (left instanceof Numeric a && right instanceof Numeric b) {
      return reals(operator, a.asDouble(), b.asDouble());
    }
    if (operator == ArithmeticOperator.ADD) {
      return concatenate(left, right);
    }
    if (operator == ArithmeticOperator.MULTIPLY && left instanceof Integral times) {
      return repeat(right, times.asLong(), left);
    }
    if (operator == ArithmeticOperator.MULTIPLY && right instanceof Integral times) {
      return repeat(left, times.asLong(), right);
    }
    throw unsupported(operator.symbol(), left, right);
  }

  static Value negate(Value operand) {
    return switch (operand) {
      case Integral integral -> exactly(() -> Math.negateExact(integral.asLong()));
      case Value.Real(double value) -> Value.of(-value);
      default -> throw unsupportedSign("-", operand);
    };
  }

  static Value plus(Value operand) {
    return switch (operand) {
      case Integral integral -> Value.of(integral.asLong());
      case Value.Real _ -> operand;
      default -> throw unsupportedSign("+", operand);
    };
  }

  private static Value integers(ArithmeticOperator operator, long a, long b) {
    return switch (operator) {
      case ADD -> exactly(() -> Math.addExact(a, b));
      case SUBTRACT -> exactly(() -> Math.subtractExact(a, b));
      case MULTIPLY -> exactly(() -> Math.multiplyExact(a, b));
      case DIVIDE -> reals(operator, (double) a, (double) b);
      case FLOOR_DIVIDE -> exactly(() -> Math.floorDivExact(a, notZero(b)));
      case MODULO -> Value.of(Math.floorMod(a, notZero(b)));
      case POWER ->
          b < 0
              ? reals(operator, (double) a, (double) b)
              : exactly(() -> Math.powExact(a, Math.toIntExact(b)));
    };
  }

  private static Value reals(ArithmeticOperator operator, double a, double b) {
    return Value.of(
        switch (operator) {
          case ADD -> a + b;
          case SUBTRACT -> a - b;
          case MULTIPLY -> a * b;
          case DIVIDE -> a / notZero(b);
          case FLOOR_DIVIDE -> floorDivide(a, notZero(b));
          case MODULO -> modulo(a, notZero(b));
          case POWER -> power(a, b);
        });
  }

  /** The remainder with the sign of the divisor. */
  private static double modulo(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0.0, b);
    }
    return (remainder < 0) == (b < 0) ? remainder : remainder + b;
  }

  private static double floorDivide(double a, double b) {
    // By way of the remainder: a / b alone can round up to the next integer.
    double quotient = (a - modulo(a, b)) / b;
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw EvaluationFailure.of("zero cannot be raised to a negative power");
    }
    double result = Math.pow(a, b);
    if (Double.isNaN(result) && !Double.isNaN(a) && !Double.isNaN(b)) {
      throw EvaluationFailure.of("a negative number cannot be raised to a fractional power");
    }
    if (Double.isInfinite(result) && Double.isFinite(a) && Double.isFinite(b)) {
      throw EvaluationFailure.of("the result of ** is too large");
    }
    return result;
  }

  private static Value concatenate(Value left, Value right) {
    return switch (left) {
      case Value.Str(String a) when right instanceof Value.Str(String b) -> {
        Limits.checkText((long) a.length() + b.length());
        yield Value.of(a + b);
      }
      case Value.ListOf(List<Value> a) when right instanceof Value.ListOf(List<Value> b) ->
          new Value.ListOf(joined(a, b));
      case Value.Tuple(List<Value> a) when right instanceof Value.Tuple(List<Value> b) ->
          new Value.Tuple(joined(a, b));
      default -> throw unsupported("+", left, right);
    };
  }

  private static Value repeat(Value value, long times, Value factor) {
    return switch (value) {
      case Value.Str(String text) -> Value.of(Strings.repeat(text, times));
      case Value.ListOf(List<Value> items) -> new Value.ListOf(repeated(items, times));
      case Value.Tuple(List<Value> items) -> new Value.Tuple(repeated(items, times));
      default -> throw unsupported("*", value, factor);
    };
  }

  private static List<Value> joined(List<Value> a, List<Value> b) {
    List<Value> joined = new ArrayList<>(Limits.checkItems((long) a.size() + b.size()));
    joined.addAll(a);
    joined.addAll(b);
    return joined;
  }

  private static List<Value> repeated(List<Value> items, long times) {
    if (times <= 0 || items.isEmpty()) {
      return List.of();
    }
    Limits.checkItems(times);
    List<Value> repeated = new ArrayList<>(Limits.checkItems(times * items.size()));
    for (long i = 0; i < times; i++) {
      repeated.addAll(items);
    }
    return repeated;
  }

  private static void rejectUndefined(Value operand) {
    if (operand instanceof Value.Undefined undefined) {
      throw EvaluationFailure.of(undefined.message());
    }
  }

  private static long notZero(long divisor) {
    if (divisor == 0) {
      throw EvaluationFailure.of("division by zero");
    }
    return divisor;
  }

  private static double notZero(double divisor) {
    if (divisor == 0) {
      throw EvaluationFailure.of("division by zero");
    }
    return divisor;
  }

  private static Value exactly(ExactOperation operation) {
    try {
      return Value.of(operation.run());
    } catch (ArithmeticException tooLarge) {
      throw EvaluationFailure.of("the integer result does not fit in 64 bits");
    }
  }

  private static EvaluationFailure unsupported(String symbol, Value left, Value right) {
    return EvaluationFailure.of(
        "unsupported operands for "
            + symbol
            + ": "
            + left.typeName()
            + " and "
            + right.typeName()
            + (symbol.equals("+") && (left instanceof Value.Str || right instanceof Value.Str)
                ? "; to join text with another value use ~"
                : ""));
  }

  private static EvaluationFailure unsupportedSign(String symbol, Value operand) {
    return EvaluationFailure.of(
        operand instanceof Value.Undefined undefined
            ? undefined.message()
            : "unsupported operand for unary " + symbol + ": " + operand.typeName());
  }

  @FunctionalInterface
  private interface ExactOperation {
    long run();
  }
}
