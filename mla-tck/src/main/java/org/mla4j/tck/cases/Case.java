package org.mla4j.tck.cases;

import java.util.Set;
import org.mla4j.tck.Rule;
import org.mla4j.tck.harness.Subject;

/**
 * A test of a rule, before it is known what is tested.
 *
 * @param rule the rule
 * @param name what it is tested with
 * @param ops types of ops that it is about; empty for none in particular
 * @param body throws if the rule is broken, or if the backend does not do what is needed
 */
public record Case(Rule rule, String name, Set<String> ops, Body body) {
  /** Tests a backend. */
  @FunctionalInterface
  public interface Body {
    /** Throws if the rule is broken. */
    void run(Subject subject) throws Exception;
  }

  static Case of(Rule rule, String name, Body body) {
    return new Case(rule, name, Set.of(), body);
  }

  static Case of(Rule rule, String name, String op, Body body) {
    return new Case(rule, name, Set.of(op), body);
  }
}
