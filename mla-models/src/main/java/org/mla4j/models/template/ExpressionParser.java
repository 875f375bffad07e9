package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Expression.CallArguments;
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

  private static final Map<String, Operator.Arithmetic> SUMS =
      Map.of("+", Operator.Arithmetic.ADD, "-", Operator.Arithmetic.SUBTRACT);
  private static final Map<String, Operator.Arithmetic> PRODUCTS =
      Map.of(
          "*", Operator.Arithmetic.MULTIPLY,
          "/", Operator.Arithmetic.DIVIDE,
          "//", Operator.Arithmetic.FLOOR_DIVIDE,
          "%", Operator.Arithmetic.MODULO);
  private static final Map<String, Operator.Arithmetic> POWERS =
      Map.of("**", Operator.Arithmetic.POWER);

  private final TokenStream tokens;
  private final Consumer<String> reads;

  /**
   * @param tokens where to read
   * @param reads is told the name of every variable that is read
   */
  ExpressionParser(TokenStream tokens, Consumer<String> reads) {
    this.tokens = tokens;
    this.reads = reads;
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
    for (Optional<Operator.Comparison> operator = nextComparison();
        operator.isPresent();
        operator = nextComparison()) {
      rest.add(new Expression.Comparand(operator.get(), parseSum()));
    }
    return rest.isEmpty() ? first : new Expression.Compared(at, first, rest);
  }

  private Optional<Operator.Comparison> nextComparison() {
    if (tokens.skipName("in")) {
      return Optional.of(Operator.Comparison.IN);
    }
    if (tokens.isAtName("not") && tokens.following().isName("in")) {
      tokens.next();
      tokens.next();
      return Optional.of(Operator.Comparison.NOT_IN);
    }
    if (!tokens.isAt(Kind.OPERATOR)) {
      return Optional.empty();
    }
    Optional<Operator.Comparison> operator = Operator.Comparison.of(tokens.current().text());
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
    List<Expression> operands = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      operands.add(parseProduct());
    }
    return new Expression.Joined(at, operands);
  }

  private Expression parseProduct() {
    return parseBinary(PRODUCTS, this::parsePower);
  }

  private Expression parsePower() {
    return parseBinary(POWERS, () -> parseFilters(parseSigned()));
  }

  private Expression parseBinary(
      Map<String, Operator.Arithmetic> operators, Supplier<Expression> operand) {
    Expression left = operand.get();
    while (tokens.isAt(Kind.OPERATOR) && operators.containsKey(tokens.current().text())) {
      Token token = tokens.next();
      Operator.Arithmetic operator = operators.getOrDefault(token.text(), Operator.Arithmetic.ADD);
      left = new Expression.Binary(token.at(), operator, left, operand.get());
    }
    return left;
  }

  private Expression parseSigned() {
    if (!tokens.isAtOperator("-") && !tokens.isAtOperator("+")) {
      return parsePostfix(parsePrimary());
    }
    tokens.enter();
    Token sign = tokens.next();
    Expression signed = new Expression.Signed(sign.at(), sign.isOperator("-"), parseSigned());
    tokens.leave();
    return parsePostfix(signed);
  }

  private Expression parsePrimary() {
    Token token = tokens.current();
    return switch (token.kind()) {
      case NAME -> parseName(tokens.next());
      case STRING -> parseString();
      case INTEGER -> new Expression.Literal(token.at(), integer(tokens.next()));
      case REAL ->
          new Expression.Literal(token.at(), Value.of(Double.parseDouble(tokens.next().text())));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> parseParenthesized();
            case "[" -> parseList();
            case "{" -> parseDict();
            default -> throw tokens.unexpected("an expression");
          };
      default -> throw tokens.unexpected("an expression");
    };
  }

  private Expression parseName(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expression.Literal(token.at(), Value.TRUE);
      case "false", "False" -> new Expression.Literal(token.at(), Value.FALSE);
      case "none", "None" -> new Expression.Literal(token.at(), Value.NONE);
      default -> {
        reads.accept(token.text());
        yield new Expression.Variable(token.at(), token.text());
      }
    };
  }

  /** Neighbouring string literals are one string. */
  private Expression parseString() {
    Location at = tokens.current().at();
    StringBuilder text = new StringBuilder();
    while (tokens.isAt(Kind.STRING)) {
      text.append(tokens.next().text());
    }
    return new Expression.Literal(at, Value.of(text.toString()));
  }

  private Value integer(Token token) {
    String digits = token.text();
    int radix =
        digits.length() < 2
            ? 10
            : switch (digits.charAt(1)) {
              case 'b', 'B' -> 2;
              case 'o', 'O' -> 8;
              case 'x', 'X' -> 16;
              default -> 10;
            };
    try {
      return Value.of(Long.parseLong(radix == 10 ? digits : digits.substring(2), radix));
    } catch (NumberFormatException tooLarge) {
      throw tokens.error(token.at(), "the integer " + digits + " does not fit in 64 bits");
    }
  }

  private Expression parseParenthesized() {
    Location at = tokens.next().at();
    Expression inside =
        tokens.isAtOperator(")")
            ? new Expression.TupleLiteral(at, List.of())
            : parseTuple(this::parse);
    tokens.expectOperator(")");
    return inside;
  }

  private Expression parseList() {
    Location at = tokens.next().at();
    List<Expression> items = new ArrayList<>();
    while (!tokens.isAtOperator("]")) {
      items.add(parse());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("]");
    return new Expression.ListLiteral(at, items);
  }

  private Expression parseDict() {
    Location at = tokens.next().at();
    List<Expression.Entry> entries = new ArrayList<>();
    while (!tokens.isAtOperator("}")) {
      Expression key = parse();
      tokens.expectOperator(":");
      entries.add(new Expression.Entry(key, parse()));
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("}");
    return new Expression.DictLiteral(at, entries);
  }

  private Expression parsePostfix(Expression operand) {
    Expression result = operand;
    while (tokens.isAt(Kind.OPERATOR)) {
      switch (tokens.current().text()) {
        case "." -> result = parseAttribute(result);
        case "[" -> result = parseItem(result);
        case "(" -> result = parseCall(result);
        default -> {
          return result;
        }
      }
    }
    return result;
  }

  private Expression parseAttribute(Expression object) {
    Location at = tokens.next().at();
    Token token = tokens.current();
    return switch (token.kind()) {
      case NAME -> new Expression.Attribute(at, object, tokens.next().text());
      case INTEGER ->
          new Expression.Item(
              at, object, new Expression.Literal(token.at(), integer(tokens.next())));
      default -> throw tokens.unexpected("a name or an index");
    };
  }

  private Expression parseItem(Expression object) {
    Location at = tokens.next().at();
    Expression start = tokens.isAtOperator(":") ? null : parse();
    if (start != null && tokens.isAtOperator(",")) {
      start = parseTupleKey(at, start);
    }
    if (start != null && tokens.skipOperator("]")) {
      return new Expression.Item(at, object, start);
    }
    tokens.expectOperator(":");
    Expression stop = parseBound();
    Expression step = tokens.skipOperator(":") ? parseBound() : null;
    tokens.expectOperator("]");
    return new Expression.SliceOf(at, object, start, stop, step);
  }

  private Expression parseTupleKey(Location at, Expression first) {
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      items.add(parse());
    }
    return new Expression.TupleLiteral(at, items);
  }

  private @Nullable Expression parseBound() {
    return tokens.isAtOperator(":") || tokens.isAtOperator("]") ? null : parse();
  }

  private Expression.Call parseCall(Expression callee) {
    Location at = tokens.current().at();
    return new Expression.Call(at, callee, parseArguments());
  }

  /** Parses filters and tests behind an operand. */
  private Expression parseFilters(Expression operand) {
    Expression result = operand;
    while (true) {
      if (tokens.isAtOperator("|")) {
        Location at = tokens.next().at();
        result = new Expression.Filtered(at, result, parseFilter());
      } else if (tokens.isAtName("is")) {
        result = parseTest(result);
      } else if (tokens.isAtOperator("(")) {
        result = parseCall(result);
      } else {
        return result;
      }
    }
  }

  /** Parses the name and the arguments of a filter, behind its bar. */
  FilterCall parseFilter() {
    Location at = tokens.current().at();
    String name = parseDottedName();
    return new FilterCall(
        at, name, tokens.isAtOperator("(") ? parseArguments() : CallArguments.NONE);
  }

  private Expression parseTest(Expression operand) {
    Location at = tokens.next().at();
    boolean isNegated = tokens.skipName("not");
    String name = parseDottedName();
    Expression test = new Expression.Tested(at, operand, name, parseTestArguments());
    return isNegated ? new Expression.Not(at, test) : test;
  }

  /** A test takes its only argument without parentheses too: {@code x is divisibleby 3}. */
  private CallArguments parseTestArguments() {
    if (tokens.isAtOperator("(")) {
      return parseArguments();
    }
    Token token = tokens.current();
    boolean startsArgument =
        switch (token.kind()) {
          case STRING, INTEGER, REAL -> true;
          case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
          case OPERATOR -> token.isOperator("[") || token.isOperator("{");
          default -> false;
        };
    if (!startsArgument) {
      return CallArguments.NONE;
    }
    if (token.isName("is")) {
      throw tokens.error(token.at(), "tests cannot be chained; join them with 'and'");
    }
    return CallArguments.of(parsePostfix(parsePrimary()));
  }

  private String parseDottedName() {
    StringBuilder name = new StringBuilder(tokens.expect(Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Kind.NAME).text());
    }
    return name.toString();
  }

  private CallArguments parseArguments() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Expression.Named> named = new ArrayList<>();
    Expression spread = null;
    Expression spreadNamed = null;
    while (!tokens.isAtOperator(")")) {
      Location at = tokens.current().at();
      if (spreadNamed != null) {
        throw tokens.error(at, "no argument can follow **");
      }
      if (tokens.skipOperator("**")) {
        spreadNamed = parse();
      } else if (tokens.isAt(Kind.NAME) && tokens.following().isOperator("=")) {
        String name = tokens.next().text();
        tokens.next();
        named.add(new Expression.Named(name, parse()));
      } else if (spread != null || !named.isEmpty()) {
        throw tokens.error(at, "a positional argument cannot follow * or a named one");
      } else if (tokens.skipOperator("*")) {
        spread = parse();
      } else {
        positional.add(parse());
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    return new CallArguments(positional, named, spread, spreadNamed);
  }
}
