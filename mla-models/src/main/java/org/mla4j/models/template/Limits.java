package org.mla4j.models.template;

import java.util.Locale;

/**
 * Bounds that no template of a real model comes near, so that a runaway one ends in an error
 * instead of exhausting the machine. The two checks guard single values; {@link Budget} counts over
 * a whole rendering.
 */
final class Limits {

  /**
   * Longest string a template may build, in UTF-16 units; a prompt of a million tokens has about 5
   * million.
   */
  static final int TEXT = 64 << 20;

  /** Most elements of a list that a template may build. */
  static final int ITEMS = 1 << 20;

  /** Most iterations and macro calls of one rendering. */
  static final int STEPS = 2_000_000;

  /** Deepest nesting of expressions and blocks in a source. */
  static final int PARSE_DEPTH = 100;

  /**
   * Deepest nesting of expressions, blocks and macro calls while rendering; a recursive macro takes
   * about ten per call.
   */
  static final int RENDER_DEPTH = 500;

  /** Longest {@code range()}; the number of the sandbox that templates are written for. */
  static final int RANGE = 100_000;

  private Limits() {}

  static int checkText(long length) {
    if (length > TEXT) {
      throw EvaluationFailure.limit(
          String.format(
              Locale.ROOT, "a string of %,d characters exceeds the limit of %,d", length, TEXT));
    }
    return (int) length;
  }

  static int checkItems(long size) {
    if (size > ITEMS) {
      throw EvaluationFailure.limit(
          String.format(
              Locale.ROOT, "a list of %,d elements exceeds the limit of %,d", size, ITEMS));
    }
    return (int) size;
  }
}
