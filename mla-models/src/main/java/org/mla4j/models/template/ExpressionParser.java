package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mla4j.models.template.Expression.FilterCall;
import org.mla4j.models.template.Token.Kind;

/**
 * Parses expressions, by recursive descent; each method parses one level of precedence, weakest
 * first.
 *
 * <p>The precedence is jinja2's, which is not quite Python's: {@code -x ** y} is {@code (-x) ** y},
 * powers group to the left, and filters bind more tightly than any operator.
 */
final class ExpressionParser {

  private static final Map<String, ArithmeticOperator> SUMS =
      Map.of("+", ArithmeticOperator.ADD, "-", ArithmeticOperator.SUBTRACT);
  private static final Map<String, ArithmeticOperator> PRODUCTS =
      Map.of(
          "*", ArithmeticOperator.MULTIPLY,
          "/", ArithmeticOperator.DIVIDE,
          "//", ArithmeticOperator.FLOOR_DIVIDE,
          "%", ArithmeticOperator.MODULO);
  private static final Map<String, ArithmeticOperator> POWERS =
      Map.of("**", ArithmeticOperator.POWER);

  private final TokenStream tokens;
  private final OperandParser operands;

  /**
   * @param tokens where to read
   * @param reads is told the name of every variable that is read
   */
  ExpressionParser(TokenStream tokens, Consumer<String> reads) {
    this.tokens = tokens;
    this.operands = new OperandParser(tokens, this, reads);
  }

  /** Parses an expression that may be a conditional one. */
  Expression parse() {
    tokens.enter();
    Expression value = parseOr();
    while (tokens.isAtName("if")) {
      Location at = tokens.next().at();
      Expression condition = parseOr();
      Expression otherwise = tokens.skipName("else") ? parse() : null;
      value = new Expression.Conditional(at, condition, value, otherwise);
    }
    tokens.leave();
    return value;
  }

  /** Parses an expression, or several with commas between them, which are a tuple. */
  Expression parseTuple() {
    return parseTuple(this::parse);
  }

  /** Like {@link #parseTuple()}, but leaves an {@code if} to the statement. */
  Expression parseTupleBeforeIf() {
    return parseTuple(this::parseOr);
  }

  /** Parses the name and the arguments of a filter, behind its bar. */
  FilterCall parseFilter() {
    return operands.parseFilter();
  }

  private Expression parseTuple(Supplier<Expression> element) {
    Location at = tokens.current().at();
    Expression first = element.get();
    return tokens.isAtOperator(",") ? parseTupleRest(at, first, element) : first;
  }

  private Expression parseTupleRest(Location at, Expression first, Supplier<Expression> element) {
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",") && !isTupleEnd()) {
      items.add(element.get());
    }
    return new Expression.TupleLiteral(at, items);
  }

  private boolean isTupleEnd() {
    return tokens.isAt(Kind.VARIABLE_END)
        || tokens.isAt(Kind.BLOCK_END)
        || tokens.isAtOperator(")");
  }

  private Expression parseOr() {
    Expression left = parseAnd();
    while (tokens.isAtName("or")) {
      Location at = tokens.next().at();
      left = new Expression.Or(at, left, parseAnd());
    }
    return left;
  }

  private Expression parseAnd() {
    Expression left = parseNot();
    while (tokens.isAtName("and")) {
      Location at = tokens.next().at();
      left = new Expression.And(at, left, parseNot());
    }
    return left;
  }

  private Expression parseNot() {
    if (!tokens.isAtName("not")) {
      return parseComparison();
    }
    tokens.enter();
    Location at = tokens.next().at();
    Expression not = new Expression.Not(at, parseNot());
    tokens.leave();
    return not;
  }

  private Expression parseComparison() {
    Expression first = parseSum();
    Location at = tokens.current().at();
    List<Expression.Comparand> rest = new ArrayList<>();
    for (Optional<ComparisonOperator> operator = nextComparison();
        operator.isPresent();
        operator = nextComparison()) {
      rest.add(new Expression.Comparand(operator.get(), parseSum()));
    }
    return rest.isEmpty() ? first : new Expression.Compared(at, first, rest);
  }

  private Optional<ComparisonOperator> nextComparison() {
    if (tokens.skipName("in")) {
      return Optional.of(ComparisonOperator.IN);
    }
    if (tokens.isAtName("not") && tokens.following().isName("in")) {
      tokens.next();
      tokens.next();
      return Optional.of(ComparisonOperator.NOT_IN);
    }
    if (!tokens.isAt(Kind.OPERATOR)) {
      return Optional.empty();
    }
    Optional<ComparisonOperator> operator = ComparisonOperator.of(tokens.current().text());
    operator.ifPresent(_ -> tokens.next());
    return operator;
  }

  private Expression parseSum() {
    return parseBinary(SUMS, this::parseJoined);
  }

  private Expression parseJoined() {
    Expression first = parseProduct();
    if (!tokens.isAtOperator("~")) {
      return first;
    }
    Location at = tokens.current().at();
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(parseProduct());
    }
    return new Expression.Joined(at, parts);
  }

  private Expression parseProduct() {
    return parseBinary(PRODUCTS, this::parsePower);
  }

  private Expression parsePower() {
    return parseBinary(POWERS, () -> operands.parseFilters(parseSigned()));
  }

  private Expression parseBinary(
      Map<String, ArithmeticOperator> operators, Supplier<Expression> operand) {
    Expression left = operand.get();
    while (true) {
      ArithmeticOperator operator =
          tokens.isAt(Kind.OPERATOR) ? operators.get(tokens.current().text()) : null;
      if (operator == null) {
        return left;
      }
      left = new Expression.Binary(tokens.next().at(), operator, left, operand.get());
    }
  }

  private Expression parseSigned() {
    if (!tokens.isAtOperator("-") && !tokens.isAtOperator("+")) {
      return operands.parse();
    }
    tokens.enter();
    Token sign = tokens.next();
    Expression signed = new Expression.Signed(sign.at(), sign.isOperator("-"), parseSigned());
    tokens.leave();
    return operands.parsePostfix(signed);
  }
}
