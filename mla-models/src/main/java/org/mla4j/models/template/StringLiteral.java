package org.mla4j.models.template;

/** The escapes of string literals, which are Python's. */
final class StringLiteral {

  private final String text;
  private final Source source;
  private final Location at;
  private final StringBuilder out;
  private int position;

  private StringLiteral(String text, Source source, Location at) {
    this.text = text;
    this.source = source;
    this.at = at;
    this.out = new StringBuilder(text.length());
  }

  /** {@return what the literal with {@code inside} between its quotes means} */
  static String unescape(String inside, Source source, Location at) {
    return inside.indexOf('\\') < 0 ? inside : new StringLiteral(inside, source, at).run();
  }

  private String run() {
    while (position < text.length()) {
      char c = text.charAt(position++);
      if (c == '\\') {
        escape(text.charAt(position++));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private void escape(char c) {
    switch (c) {
      case '\n' -> {
        // A line end behind a backslash continues the line.
      }
      case '\\', '\'', '"' -> out.append(c);
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'v' -> out.append('\u000b');
      case 'x' -> out.appendCodePoint(hex(2));
      case 'u' -> out.appendCodePoint(hex(4));
      case 'U' -> out.appendCodePoint(hex(8));
      case 'N' -> throw source.error(at, "characters by name (\\N{...}) are not supported");
      default -> {
        if (c >= '0' && c <= '7') {
          out.appendCodePoint(octal());
        } else {
          // An unknown escape is no escape.
          out.append('\\').append(c);
        }
      }
    }
  }

  private int octal() {
    int start = position - 1;
    while (position < text.length()
        && position < start + 3
        && text.charAt(position) >= '0'
        && text.charAt(position) <= '7') {
      position++;
    }
    return Integer.parseInt(text.substring(start, position), 8);
  }

  private int hex(int digits) {
    int end = position + digits;
    if (end > text.length()
        || !text.substring(position, end).chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
      throw source.error(
          at, "truncated escape in the string; expected " + digits + " hexadecimal digits");
    }
    long point = Long.parseLong(text.substring(position, end), 16);
    if (point > Character.MAX_CODE_POINT) {
      throw source.error(at, "the escape names a character beyond Unicode");
    }
    position = end;
    return (int) point;
  }
}
