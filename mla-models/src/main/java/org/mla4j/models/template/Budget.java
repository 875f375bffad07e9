package org.mla4j.models.template;

import java.util.Locale;

/** What one rendering may still spend. */
final class Budget {

  private int steps;
  private int depth;

  /** Counts one loop iteration or macro call. */
  void step() {
    if (++steps > Limits.STEPS) {
      throw EvaluationFailure.limit(
          String.format(
              Locale.ROOT, "more than %,d loop iterations and macro calls", Limits.STEPS));
    }
  }

  /** Enters a nested expression, block or call; every call needs a {@link #leave()}. */
  void enter() {
    if (++depth > Limits.RENDER_DEPTH) {
      throw EvaluationFailure.limit("nested deeper than " + Limits.RENDER_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
