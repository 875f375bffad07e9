package org.mla4j.cli;

/**
 * Two texts, cut to what fits into columns and shows where they begin to differ.
 *
 * @param left of the first text
 * @param right of the second text
 */
record Excerpts(String left, String right) {
  private static final String CUT = "…";

  /** Characters that are shown of each, and how many of them are before the first difference. */
  private static final int WIDTH = 40;

  private static final int BEFORE = 16;

  static Excerpts of(String left, String right) {
    String first = line(left);
    String second = line(right);
    int from = Math.max(0, firstDifference(first, second) - BEFORE);
    return new Excerpts(excerpt(first, from), excerpt(second, from));
  }

  private static String line(String text) {
    return text.strip().replaceAll("\\R", "\\\\n");
  }

  private static int firstDifference(String left, String right) {
    int at = 0;
    while (at < left.length() && at < right.length() && left.charAt(at) == right.charAt(at)) {
      at++;
    }
    return at;
  }

  /** All of a text that fits, so that what is short is shown whole. */
  private static String excerpt(String text, int from) {
    int start = text.length() <= WIDTH ? 0 : Math.min(from, text.length());
    int end = Math.min(text.length(), start + WIDTH);
    return (start > 0 ? CUT : "") + text.substring(start, end) + (end < text.length() ? CUT : "");
  }
}
