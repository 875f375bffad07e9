package org.mla4j.models.template;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mla4j.models.template.Token.Kind;

/** Cuts the inside of one tag into tokens. */
final class TagLexer {

  private static final String DIGITS = "\\d(?:_?\\d)*";
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?<space>[\\s\\p{Z}\\x{85}\\x1c-\\x1f]+)"
              // Behind a dot stand two indices, not a number: rows.0.1
              + "|(?<real>(?<!\\.)"
              + DIGITS
              + "(?:(?:\\."
              + DIGITS
              + ")?[eE][-+]?"
              + DIGITS
              + "|\\."
              + DIGITS
              + "))"
              + "|(?<integer>0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+"
              + "|[1-9](?:_?\\d)*|0(?:_?0)*)"
              + "|(?<name>[\\p{L}\\p{Nl}_][\\p{L}\\p{Nl}\\p{Mn}\\p{Mc}\\p{Nd}\\p{Pc}]*)"
              + "|(?<operator>//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;])");

  private final Source source;
  private final String text;
  private final List<Token> tokens;
  private final Deque<String> open = new ArrayDeque<>();

  TagLexer(Source source, List<Token> tokens) {
    this.source = source;
    this.text = source.text();
    this.tokens = tokens;
  }

  /**
   * Adds the tokens of a tag.
   *
   * @param begin where the tag starts, for messages
   * @param first where its inside starts
   * @param isVariable whether it ends with two braces rather than with a percent sign and a brace
   * @return where the two characters are that end it
   */
  int read(int begin, int first, boolean isVariable) {
    String close = isVariable ? "}}" : "%}";
    Matcher matcher = TOKEN.matcher(text).useTransparentBounds(true);
    int at = first;
    while (true) {
      // Inside brackets the same characters are operators: {{ {'a': {}} }}.
      if (open.isEmpty()) {
        boolean hasSign = text.startsWith("-", at) || (!isVariable && text.startsWith("+", at));
        if (text.startsWith(close, hasSign ? at + 1 : at)) {
          return hasSign ? at + 1 : at;
        }
      }
      if (at >= text.length()) {
        throw source.error(begin, "tag without " + close);
      }
      if (text.charAt(at) == '\'' || text.charAt(at) == '"') {
        at = addString(at);
        continue;
      }
      if (!matcher.region(at, text.length()).lookingAt()) {
        throw source.error(
            at,
            "unexpected character "
                + PythonText.quote(text.substring(at, text.offsetByCodePoints(at, 1))));
      }
      add(matcher);
      at = matcher.end();
    }
  }

  private void add(Matcher matcher) {
    if (matcher.group("space") != null) {
      return;
    }
    String token = matcher.group();
    Location location = source.locate(matcher.start());
    if (matcher.group("operator") != null) {
      balance(token, matcher.start());
      tokens.add(new Token(Kind.OPERATOR, token, location));
    } else if (matcher.group("name") != null) {
      tokens.add(new Token(Kind.NAME, token, location));
    } else {
      Kind kind = matcher.group("real") != null ? Kind.REAL : Kind.INTEGER;
      tokens.add(new Token(kind, token.replace("_", ""), location));
    }
  }

  private int addString(int begin) {
    char quote = text.charAt(begin);
    int end = begin + 1;
    while (end < text.length() && text.charAt(end) != quote) {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= text.length()) {
      throw source.error(begin, "string without a closing " + quote);
    }
    Location location = source.locate(begin);
    String value = StringLiteral.unescape(text.substring(begin + 1, end), source, location);
    tokens.add(new Token(Kind.STRING, value, location));
    return end + 1;
  }

  private void balance(String operator, int offset) {
    switch (operator) {
      case "(" -> open.push(")");
      case "[" -> open.push("]");
      case "{" -> open.push("}");
      case ")", "]", "}" -> {
        if (open.isEmpty()) {
          throw source.error(offset, "'" + operator + "' closes nothing");
        }
        String expected = open.pop();
        if (!operator.equals(expected)) {
          throw source.error(offset, "expected '" + expected + "', found '" + operator + "'");
        }
      }
      default -> {
        // Not a bracket.
      }
    }
  }
}
