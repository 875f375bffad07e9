package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Expression.CallArguments;
import org.mla4j.models.template.Expression.FilterCall;
import org.mla4j.models.template.Token.Kind;

/** Parses what operators join: literals, variables, brackets, and what follows them directly. */
final class OperandParser {

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private final Consumer<String> reads;

  /**
   * @param tokens where to read
   * @param expressions parses what is inside of brackets
   * @param reads is told the name of every variable that is read
   */
  OperandParser(TokenStream tokens, ExpressionParser expressions, Consumer<String> reads) {
    this.tokens = tokens;
    this.expressions = expressions;
    this.reads = reads;
  }

  /** Parses an operand with its attributes, indices and calls, but without filters and tests. */
  Expression parse() {
    return parsePostfix(parsePrimary());
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
            : expressions.parseTuple();
    tokens.expectOperator(")");
    return inside;
  }

  private Expression parseList() {
    Location at = tokens.next().at();
    List<Expression> items = new ArrayList<>();
    while (!tokens.isAtOperator("]")) {
      items.add(expressions.parse());
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
      Expression key = expressions.parse();
      tokens.expectOperator(":");
      entries.add(new Expression.Entry(key, expressions.parse()));
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator("}");
    return new Expression.DictLiteral(at, entries);
  }

  /** Parses attributes, indices and calls behind an operand. */
  Expression parsePostfix(Expression operand) {
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
    Expression start = tokens.isAtOperator(":") ? null : expressions.parse();
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
      items.add(expressions.parse());
    }
    return new Expression.TupleLiteral(at, items);
  }

  private @Nullable Expression parseBound() {
    return tokens.isAtOperator(":") || tokens.isAtOperator("]") ? null : expressions.parse();
  }

  private Expression.Call parseCall(Expression callee) {
    Location at = tokens.current().at();
    return new Expression.Call(at, callee, parseArguments());
  }

  /** Parses filters and tests behind an operand. */
  Expression parseFilters(Expression operand) {
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
    return CallArguments.of(parse());
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
        spreadNamed = expressions.parse();
      } else if (tokens.isAt(Kind.NAME) && tokens.following().isOperator("=")) {
        String name = tokens.next().text();
        tokens.next();
        named.add(new Expression.Named(name, expressions.parse()));
      } else if (spread != null || !named.isEmpty()) {
        throw tokens.error(at, "a positional argument cannot follow * or a named one");
      } else if (tokens.skipOperator("*")) {
        spread = expressions.parse();
      } else {
        positional.add(expressions.parse());
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    return new CallArguments(positional, named, spread, spreadNamed);
  }
}
