package org.mla4j.models.template;

import java.util.List;
import org.mla4j.models.template.Token.Kind;

/** The tokens of a template, read from the front. */
final class TokenStream {

  private final Source source;
  private final List<Token> tokens;
  private int position;
  private int depth;

  TokenStream(Source source) {
    this.source = source;
    this.tokens = Lexer.tokenize(source);
  }

  Token current() {
    return tokens.get(position);
  }

  Token following() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  /** {@return the current token, and moves to the next} */
  Token next() {
    Token token = current();
    if (token.kind() != Kind.END) {
      position++;
    }
    return token;
  }

  boolean isAt(Kind kind) {
    return current().kind() == kind;
  }

  boolean isAtOperator(String symbol) {
    return current().isOperator(symbol);
  }

  boolean isAtName(String name) {
    return current().isName(name);
  }

  boolean skipOperator(String symbol) {
    boolean found = isAtOperator(symbol);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipName(String name) {
    boolean found = isAtName(name);
    if (found) {
      next();
    }
    return found;
  }

  Token expect(Kind kind) {
    if (!isAt(kind)) {
      throw unexpected(kind == Kind.NAME ? kind.description() : "'" + kind.description() + "'");
    }
    return next();
  }

  void expectOperator(String symbol) {
    if (!skipOperator(symbol)) {
      throw unexpected("'" + symbol + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  /** Enters a nested construct; every call needs a {@link #leave()}. */
  void enter() {
    if (++depth > Limits.PARSE_DEPTH) {
      throw TemplateException.of(
          TemplateException.Kind.LIMIT,
          source.origin(),
          current().at(),
          "nested deeper than " + Limits.PARSE_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }

  TemplateException unexpected(String expected) {
    return error(current().at(), "expected " + expected + ", found " + current().describe());
  }

  TemplateException error(Location at, String detail) {
    return source.error(at, detail);
  }
}
