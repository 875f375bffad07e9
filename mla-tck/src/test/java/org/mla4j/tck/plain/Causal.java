package org.mla4j.tck.plain;

/** Which keys a query sees: itself and what is before it. */
final class Causal {
  private final boolean future;
  private final boolean hidesSelf;

  Causal(PlainContext context) {
    future = context.wrong(Mistake.FUTURE_VISIBLE);
    hidesSelf = context.wrong(Mistake.OWN_TOKEN_HIDDEN);
  }

  /**
   * Counts the keys.
   *
   * @param index the query's place among them
   * @param end how many there are
   */
  int visible(int index, int end) {
    if (hidesSelf) {
      return index;
    }
    return Math.min(future ? index + 2 : index + 1, end);
  }
}
