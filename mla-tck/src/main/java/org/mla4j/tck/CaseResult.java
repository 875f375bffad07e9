package org.mla4j.tck;

/**
 * A case that was run.
 *
 * @param rule the rule it tests
 * @param name what it tests it with
 * @param outcome how it ended
 */
public record CaseResult(Rule rule, String name, Outcome outcome) {}
