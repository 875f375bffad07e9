package org.mla4j.tck;

/**
 * One thing that a backend must do. Its number never changes and is never used again.
 *
 * @param number for example {@code R-OP-104}
 * @param title what is required, as one sentence
 * @param group what it is about
 */
public record Rule(String number, String title, RuleGroup group) {
  static Rule of(RuleGroup group, int number, String title) {
    return new Rule("R-" + group.code() + "-" + number, title, group);
  }

  /** Returns number and title. */
  @Override
  public String toString() {
    return number + " " + title;
  }
}
