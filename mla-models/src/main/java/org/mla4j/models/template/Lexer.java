package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mla4j.models.template.Token.Kind;

/**
 * Cuts a template into text and tags, and applies white-space control to the text.
 *
 * <p>The rules are those of {@code trim_blocks} and {@code lstrip_blocks}: blanks between the start
 * of a line and a statement or comment go, and so does the line end right behind one. A dash inside
 * the tag removes all white space on its side, a plus keeps what would go.
 */
final class Lexer {

  private static final Pattern TAG = Pattern.compile("\\{[{%#]");
  private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-?)%}");
  private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*[-+]?%}");

  private final Source source;
  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  /**
   * Whether what precedes {@link #position} ended a line, so that blanks there are at the start of
   * one.
   */
  private boolean atLineStart = true;

  private Lexer(Source source) {
    this.source = source;
    this.text = source.text();
  }

  static List<Token> tokenize(Source source) {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    Matcher tag = TAG.matcher(text);
    while (tag.find(position)) {
      int begin = tag.start();
      char kind = text.charAt(begin + 1);
      addData(begin, kind == '{' ? Sign.KEEP.or(sign(begin + 2)) : sign(begin + 2));
      Matcher raw = RAW_BEGIN.matcher(text).region(begin, text.length());
      if (raw.lookingAt()) {
        copyRaw(raw);
      } else if (kind == '#') {
        skipComment(begin);
      } else {
        readTag(begin, kind == '{');
      }
    }
    addData(text.length(), Sign.KEEP);
    tokens.add(new Token(Kind.END, "", source.locate(text.length())));
  }

  /** Adds the text up to {@code end}, without what the tag that starts there removes. */
  private void addData(int end, Sign sign) {
    String data = text.substring(position, end);
    String kept =
        switch (sign) {
          case REMOVE -> Strings.stripRight(data, Strings::isSpace);
          case DEFAULT -> withoutIndent(data);
          case KEEP -> data;
        };
    if (!kept.isEmpty()) {
      tokens.add(new Token(Kind.DATA, kept, source.locate(position)));
    }
    position = end;
  }

  private String withoutIndent(String data) {
    int lineStart = data.lastIndexOf('\n') + 1;
    boolean isIndent = (lineStart > 0 || atLineStart) && Strings.isBlank(data.substring(lineStart));
    return isIndent ? data.substring(0, lineStart) : data;
  }

  private void copyRaw(Matcher begin) {
    int start = begin.end();
    boolean removes = !begin.group(1).isEmpty();
    position = removes ? skipSpace(start) : start;
    atLineStart = text.charAt(position - 1) == '\n';
    Matcher end = RAW_END.matcher(text);
    if (!end.find(position)) {
      throw source.error(begin.start(), "{% raw %} without {% endraw %}");
    }
    addData(end.start(), Sign.of(end.group(1)));
    endTag(end.start() + 2, end.end() - 2);
  }

  private void skipComment(int begin) {
    int first = inside(begin);
    int end = text.indexOf("#}", first);
    if (end < 0) {
      throw source.error(begin, "comment without #}");
    }
    endTag(first, end);
  }

  private void readTag(int begin, boolean isVariable) {
    Kind open = isVariable ? Kind.VARIABLE_BEGIN : Kind.BLOCK_BEGIN;
    tokens.add(new Token(open, "", source.locate(begin)));
    int first = inside(begin);
    int end = new TagLexer(source, tokens).read(begin, first, isVariable);
    Kind close = isVariable ? Kind.VARIABLE_END : Kind.BLOCK_END;
    tokens.add(new Token(close, "", source.locate(end)));
    endTag(first, end);
  }

  /** {@return where the inside of the tag starts that starts at {@code begin}} */
  private int inside(int begin) {
    return begin + 2 + (sign(begin + 2) == Sign.DEFAULT ? 0 : 1);
  }

  /** Moves behind the two characters that end a tag, and behind the white space that it removes. */
  private void endTag(int first, int end) {
    // In {#-#} the dash belongs to the start.
    Sign sign = end > first ? sign(end - 1) : Sign.DEFAULT;
    int next = end + 2;
    position =
        switch (sign) {
          case REMOVE -> skipSpace(next);
          case DEFAULT -> next + (endsLine(end) ? 1 : 0);
          case KEEP -> next;
        };
    atLineStart = text.charAt(position - 1) == '\n';
  }

  /** {@return whether the tag that ends at {@code end} takes the line end behind it along} */
  private boolean endsLine(int end) {
    boolean isVariable = text.charAt(end) == '}';
    return !isVariable && text.startsWith("\n", end + 2);
  }

  private int skipSpace(int from) {
    int at = from;
    while (at < text.length() && Strings.isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private Sign sign(int offset) {
    return offset < text.length() ? Sign.of(text.substring(offset, offset + 1)) : Sign.DEFAULT;
  }

  /** What a tag says about the white space on one of its sides. */
  private enum Sign {
    REMOVE,
    KEEP,
    DEFAULT;

    static Sign of(String sign) {
      return switch (sign) {
        case "-" -> REMOVE;
        case "+" -> KEEP;
        default -> DEFAULT;
      };
    }

    /** {@return {@code explicit}, or this if it is the default} */
    Sign or(Sign explicit) {
      return explicit == DEFAULT ? this : explicit;
    }
  }
}
