package org.mla4j.models.template;

import java.util.Arrays;
import java.util.Optional;

/** The operators of expressions, except the logical ones, which decide what is evaluated at all. */
final class Operator {

  private Operator() {}

  /** Operators that compute. */
  enum Arithmetic {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    MODULO("%"),
    POWER("**");

    private final String symbol;

    Arithmetic(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }

  /** Operators that compare; {@code a < b < c} chains them. */
  enum Comparison {
    EQUAL("=="),
    NOT_EQUAL("!="),
    LESS("<"),
    LESS_OR_EQUAL("<="),
    GREATER(">"),
    GREATER_OR_EQUAL(">="),
    IN("in"),
    NOT_IN("not in");

    private final String symbol;

    Comparison(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }

    static Optional<Comparison> of(String symbol) {
      return Arrays.stream(values()).filter(operator -> operator.symbol.equals(symbol)).findFirst();
    }
  }
}
