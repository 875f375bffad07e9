package org.mla4j.models.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The syntax of expressions. */
sealed interface Expression {

  /** {@return where the expression stands, for messages} */
  Location at();

  record Literal(Location at, Value value) implements Expression {}

  record Variable(Location at, String name) implements Expression {}

  record ListLiteral(Location at, List<Expression> items) implements Expression {}

  record TupleLiteral(Location at, List<Expression> items) implements Expression {}

  record DictLiteral(Location at, List<Entry> entries) implements Expression {}

  /** One entry of a dictionary literal. */
  record Entry(Expression key, Expression value) {}

  /** {@code object.name}. */
  record Attribute(Location at, Expression object, String name) implements Expression {}

  /** {@code object[key]}. */
  record Item(Location at, Expression object, Expression key) implements Expression {}

  /** {@code object[start:stop:step]}; null is a bound that was left out. */
  record SliceOf(
      Location at,
      Expression object,
      @Nullable Expression start,
      @Nullable Expression stop,
      @Nullable Expression step)
      implements Expression {}

  /** {@code callee(arguments)}. */
  record Call(Location at, Expression callee, CallArguments arguments) implements Expression {}

  /** {@code input|name(arguments)}. */
  record Filtered(Location at, Expression input, FilterCall filter) implements Expression {}

  /** {@code input is name(arguments)}. */
  record Tested(Location at, Expression input, String name, CallArguments arguments)
      implements Expression {}

  /** {@code -operand} or {@code +operand}. */
  record Signed(Location at, boolean isNegative, Expression operand) implements Expression {}

  record Binary(Location at, ArithmeticOperator operator, Expression left, Expression right)
      implements Expression {}

  /** {@code first < second < third}: every neighbouring pair must compare as demanded. */
  record Compared(Location at, Expression first, List<Comparand> rest) implements Expression {}

  /** One further part of a comparison. */
  record Comparand(ComparisonOperator operator, Expression operand) {}

  /** {@code a ~ b ~ c}: the operands as text, joined. */
  record Joined(Location at, List<Expression> operands) implements Expression {}

  record And(Location at, Expression left, Expression right) implements Expression {}

  record Or(Location at, Expression left, Expression right) implements Expression {}

  record Not(Location at, Expression operand) implements Expression {}

  /** {@code value if condition else otherwise}; without an else the other value is undefined. */
  record Conditional(
      Location at, Expression condition, Expression value, @Nullable Expression otherwise)
      implements Expression {}

  /** A filter without its input. */
  record FilterCall(Location at, String name, CallArguments arguments) {}

  /**
   * The arguments of a call.
   *
   * @param positional arguments by position
   * @param named arguments by name
   * @param spread the operand of {@code *}, whose items are further positional arguments
   * @param spreadNamed the operand of {@code **}, whose entries are further named arguments
   */
  record CallArguments(
      List<Expression> positional,
      List<Named> named,
      @Nullable Expression spread,
      @Nullable Expression spreadNamed) {

    static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);

    static CallArguments of(Expression only) {
      return new CallArguments(List.of(only), List.of(), null, null);
    }
  }

  /** An argument by name. */
  record Named(String name, Expression value) {}
}
