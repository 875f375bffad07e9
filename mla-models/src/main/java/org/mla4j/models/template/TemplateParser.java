package org.mla4j.models.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Statement.Target;
import org.mla4j.models.template.Token.Kind;

/** Parses whole templates: statements and what stands between them. */
final class TemplateParser {

  private static final List<String> TAGS =
      List.of(
          "break",
          "call",
          "continue",
          "filter",
          "for",
          "generation",
          "if",
          "macro",
          "raw",
          "set",
          "with");

  private final TokenStream tokens;
  private final ExpressionParser expressions;

  /** Per macro that is being parsed, innermost first: the variables that its body reads. */
  private final Deque<Set<String>> readsOfMacros = new ArrayDeque<>();

  /** How many loops are open that a {@code break} can leave. */
  private int loops;

  private TemplateParser(Source source) {
    this.tokens = new TokenStream(source);
    this.expressions =
        new ExpressionParser(tokens, name -> readsOfMacros.forEach(reads -> reads.add(name)));
  }

  static List<Statement> parse(Source source) {
    TemplateParser parser = new TemplateParser(source);
    return parser.parseUntil(null);
  }

  /**
   * Parses up to one of the tags in {@code ends}, which becomes the current token.
   *
   * @param open the tag whose body this is, null for the whole template
   */
  private List<Statement> parseUntil(@Nullable Token open, String... ends) {
    tokens.enter();
    List<Statement> body = new ArrayList<>();
    while (true) {
      Token token = tokens.next();
      switch (token.kind()) {
        case DATA -> body.add(new Statement.Text(token.text()));
        case VARIABLE_BEGIN -> {
          body.add(new Statement.Print(expressions.parseTuple()));
          tokens.expect(Kind.VARIABLE_END);
        }
        case BLOCK_BEGIN -> {
          if (tokens.isAt(Kind.NAME) && Set.of(ends).contains(tokens.current().text())) {
            tokens.leave();
            return body;
          }
          body.add(parseStatement());
          tokens.expect(Kind.BLOCK_END);
        }
        default -> {
          if (open != null) {
            throw tokens.error(
                open.at(),
                "'" + open.text() + "' is never closed by '" + ends[ends.length - 1] + "'");
          }
          tokens.leave();
          return body;
        }
      }
    }
  }

  /** Parses the rest of an opening tag, its body, and the name of the tag that closes it. */
  private List<Statement> parseBody(Token open, String end) {
    List<Statement> body = parseBodyUntil(open, end);
    tokens.expectName(end);
    return body;
  }

  private List<Statement> parseBodyUntil(Token open, String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Kind.BLOCK_END);
    return parseUntil(open, ends);
  }

  private Statement parseStatement() {
    Token tag = tokens.expect(Kind.NAME);
    return switch (tag.text()) {
      case "break" -> {
        requireLoop(tag);
        yield new Statement.Break();
      }
      case "continue" -> {
        requireLoop(tag);
        yield new Statement.Continue();
      }
      case "call" -> parseCallBlock(tag);
      case "filter" -> parseFilterBlock(tag);
      case "for" -> parseFor(tag);
      case "generation" -> new Statement.Generation(parseFunctionBody(tag, "endgeneration"));
      case "if" -> parseIf(tag);
      case "macro" -> parseMacro(tag);
      case "set" -> parseSet(tag);
      case "with" -> parseWith(tag);
      default ->
          throw tokens.error(
              tag.at(),
              "no tag named '"
                  + tag.text()
                  + "' can stand here; there are: "
                  + String.join(", ", TAGS));
    };
  }

  private void requireLoop(Token tag) {
    if (loops == 0) {
      throw tokens.error(tag.at(), "'" + tag.text() + "' outside of a loop");
    }
  }

  private Statement parseIf(Token tag) {
    List<Statement.Branch> branches = new ArrayList<>();
    List<Statement> otherwise = List.of();
    String[] ends = {"elif", "else", "endif"};
    do {
      Expression condition = expressions.parseTupleBeforeIf();
      branches.add(new Statement.Branch(condition, parseBodyUntil(tag, ends)));
    } while (tokens.skipName("elif"));
    if (tokens.skipName("else")) {
      otherwise = parseBodyUntil(tag, "endif");
    }
    tokens.expectName("endif");
    return new Statement.If(branches, otherwise);
  }

  private Statement parseFor(Token tag) {
    Target target = parseTarget(false);
    tokens.expectName("in");
    Expression items = expressions.parseTupleBeforeIf();
    Expression condition = tokens.skipName("if") ? expressions.parse() : null;
    boolean isRecursive = tokens.skipName("recursive");
    loops++;
    List<Statement> body = parseBodyUntil(tag, "else", "endfor");
    loops--;
    List<Statement> otherwise = tokens.skipName("else") ? parseBodyUntil(tag, "endfor") : List.of();
    tokens.expectName("endfor");
    return new Statement.For(target, items, condition, isRecursive, body, otherwise);
  }

  private Statement parseSet(Token tag) {
    Target target = parseTarget(true);
    if (tokens.skipOperator("=")) {
      return new Statement.Set(target, expressions.parseTuple());
    }
    List<Expression.FilterCall> filters = parseFilters();
    return new Statement.SetBlock(target, filters, parseBody(tag, "endset"));
  }

  private Statement parseFilterBlock(Token tag) {
    List<Expression.FilterCall> filters = new ArrayList<>();
    filters.add(expressions.parseFilter());
    filters.addAll(parseFilters());
    return new Statement.FilterBlock(filters, parseBody(tag, "endfilter"));
  }

  private List<Expression.FilterCall> parseFilters() {
    List<Expression.FilterCall> filters = new ArrayList<>();
    while (tokens.skipOperator("|")) {
      filters.add(expressions.parseFilter());
    }
    return filters;
  }

  private Statement parseWith(Token tag) {
    List<Statement.Binding> bindings = new ArrayList<>();
    while (!tokens.isAt(Kind.BLOCK_END)) {
      if (!bindings.isEmpty()) {
        tokens.expectOperator(",");
      }
      Target target = parseTarget(false);
      tokens.expectOperator("=");
      bindings.add(new Statement.Binding(target, expressions.parse()));
    }
    return new Statement.With(bindings, parseBody(tag, "endwith"));
  }

  private Statement parseMacro(Token tag) {
    String name = tokens.expect(Kind.NAME).text();
    Set<String> reads = new HashSet<>();
    readsOfMacros.push(reads);
    List<Statement.Parameter> parameters = parseParameters();
    List<Statement> body = parseFunctionBody(tag, "endmacro");
    readsOfMacros.pop();
    return new Statement.Macro(name, signature(parameters, reads), body);
  }

  private Statement parseCallBlock(Token tag) {
    Set<String> reads = new HashSet<>();
    List<Statement.Parameter> parameters = tokens.isAtOperator("(") ? parseParameters() : List.of();
    Location at = tokens.current().at();
    if (!(expressions.parse() instanceof Expression.Call call)) {
      throw tokens.error(at, "'call' needs the call of a macro");
    }
    readsOfMacros.push(reads);
    List<Statement> body = parseFunctionBody(tag, "endcall");
    readsOfMacros.pop();
    return new Statement.CallBlock(signature(parameters, reads), call, body);
  }

  private static Statement.Signature signature(
      List<Statement.Parameter> parameters, Set<String> reads) {
    return new Statement.Signature(
        parameters, reads.contains("varargs"), reads.contains("kwargs"), reads.contains("caller"));
  }

  /** Parses a body that runs as a function of its own, so that no {@code break} can leave it. */
  private List<Statement> parseFunctionBody(Token tag, String end) {
    int outerLoops = loops;
    loops = 0;
    List<Statement> body = parseBody(tag, end);
    loops = outerLoops;
    return body;
  }

  private List<Statement.Parameter> parseParameters() {
    tokens.expectOperator("(");
    List<Statement.Parameter> parameters = new ArrayList<>();
    boolean hasDefaults = false;
    while (!tokens.isAtOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      Token name = tokens.expect(Kind.NAME);
      Expression otherwise = tokens.skipOperator("=") ? expressions.parse() : null;
      if (otherwise == null && hasDefaults) {
        throw tokens.error(
            name.at(), "the parameter '" + name.text() + "' needs a default, like the one before");
      }
      if (otherwise == null && name.text().equals("caller")) {
        throw tokens.error(name.at(), "the parameter 'caller' needs a default");
      }
      hasDefaults = otherwise != null;
      parameters.add(new Statement.Parameter(name.text(), otherwise));
    }
    tokens.expectOperator(")");
    return parameters;
  }

  /**
   * Parses what is assigned to: a name, several, or a member of a namespace.
   *
   * @param allowsMembers whether {@code namespace.name} is one of the choices
   */
  private Target parseTarget(boolean allowsMembers) {
    Location at = tokens.current().at();
    Target first = parseSingleTarget(allowsMembers);
    if (!tokens.isAtOperator(",")) {
      return first;
    }
    List<Target> targets = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",") && (tokens.isAt(Kind.NAME) || tokens.isAtOperator("("))) {
      if (tokens.isAtName("in")) {
        break;
      }
      targets.add(parseSingleTarget(allowsMembers));
    }
    return new Target.Unpacked(at, targets);
  }

  private Target parseSingleTarget(boolean allowsMembers) {
    tokens.enter();
    try {
      if (tokens.skipOperator("(")) {
        Target nested = parseTarget(allowsMembers);
        tokens.expectOperator(")");
        return nested;
      }
      Token name = tokens.expect(Kind.NAME);
      if (Set.of("true", "True", "false", "False", "none", "None").contains(name.text())) {
        throw tokens.error(name.at(), "'" + name.text() + "' cannot be assigned to");
      }
      if (allowsMembers && tokens.skipOperator(".")) {
        return new Target.Member(name.at(), name.text(), tokens.expect(Kind.NAME).text());
      }
      return new Target.Name(name.at(), name.text());
    } finally {
      tokens.leave();
    }
  }
}
