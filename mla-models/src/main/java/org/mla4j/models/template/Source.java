package org.mla4j.models.template;

import java.util.Arrays;
import org.mla4j.models.template.TemplateException.Kind;

/** The text of a template, and places in it. */
final class Source {

  private final String origin;
  private final String text;
  private final int[] lineStarts;

  Source(String source, String origin) {
    this.origin = origin;
    String unified = source.replace("\r\n", "\n").replace('\r', '\n');
    // The line end that editors put at the end of a file is not part of the prompt.
    this.text = unified.endsWith("\n") ? unified.substring(0, unified.length() - 1) : unified;
    this.lineStarts = lineStarts(text);
  }

  String origin() {
    return origin;
  }

  String text() {
    return text;
  }

  Location locate(int offset) {
    int line = Arrays.binarySearch(lineStarts, offset);
    int index = line >= 0 ? line : -line - 2;
    return new Location(index + 1, offset - lineStarts[index] + 1);
  }

  TemplateException error(Location at, String detail) {
    return TemplateException.of(Kind.SYNTAX, origin, at, detail);
  }

  TemplateException error(int offset, String detail) {
    return error(locate(offset), detail);
  }

  private static int[] lineStarts(String text) {
    int[] starts = new int[(int) text.chars().filter(c -> c == '\n').count() + 1];
    int line = 0;
    for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      starts[++line] = at + 1;
    }
    return starts;
  }
}
