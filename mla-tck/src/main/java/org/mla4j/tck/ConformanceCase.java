package org.mla4j.tck;

/** One test of one rule. */
public interface ConformanceCase {
  /**
   * Returns what it tests.
   *
   * @return the rule
   */
  Rule rule();

  /**
   * Returns what it tests the rule with.
   *
   * @return for people; unique among the cases of the rule
   */
  String name();

  /**
   * Runs it. Whatever a backend throws is an outcome.
   *
   * @return how it ended
   */
  CaseResult run();
}
