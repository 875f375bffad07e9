package org.mla4j.tck;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/**
 * What came of a run.
 *
 * @param backend the name of the backend
 * @param settings what was tested
 * @param results all cases, in the order in which they ran
 */
public record ConformanceReport(
    String backend, ConformanceSettings settings, List<CaseResult> results) {
  /** Copies the list. */
  public ConformanceReport {
    results = List.copyOf(results);
  }

  /**
   * Returns the cases that failed.
   *
   * @return those that did
   */
  public List<CaseResult> failures() {
    return results.stream().filter(r -> r.outcome() instanceof Outcome.Failed).toList();
  }

  /**
   * Returns the rules that were broken.
   *
   * @return rules with at least one failed case
   */
  public Set<Rule> failedRules() {
    Set<Rule> rules = new LinkedHashSet<>();
    failures().forEach(failure -> rules.add(failure.rule()));
    return rules;
  }

  /**
   * Counts outcomes.
   *
   * @param kind the kind of outcome
   * @return how many cases ended so
   */
  public long count(Class<? extends Outcome> kind) {
    return count(results, kind);
  }

  private static long count(Collection<CaseResult> of, Class<? extends Outcome> kind) {
    return of.stream().filter(result -> kind.isInstance(result.outcome())).count();
  }

  /**
   * Writes the table: for each rule how many cases passed, were skipped and failed, the reasons for
   * skipping, and what failed.
   *
   * @return lines of text
   */
  public String text() {
    StringBuilder text = new StringBuilder(4096);
    line(
        text,
        String.format(
            Locale.ROOT,
            "Conformance of backend '%s', profile %s, seed %d (repeat with -D%s=%d)",
            backend,
            settings.profile().name().toLowerCase(Locale.ROOT),
            settings.seed(),
            ConformanceSettings.SEED_PROPERTY,
            settings.seed()));
    line(text, "");
    line(
        text,
        String.format(
            Locale.ROOT, "%-9s %6s %7s %6s  %s", "rule", "passed", "skipped", "failed", ""));
    for (Rule rule : Rules.all()) {
      List<CaseResult> own = results.stream().filter(r -> r.rule().equals(rule)).toList();
      if (!own.isEmpty()) {
        line(
            text,
            String.format(
                Locale.ROOT,
                "%-9s %6d %7d %6d  %s",
                rule.number(),
                count(own, Outcome.Passed.class),
                count(own, Outcome.Skipped.class),
                count(own, Outcome.Failed.class),
                rule.title()));
      }
    }
    line(
        text,
        String.format(
            Locale.ROOT,
            "%-9s %6d %7d %6d",
            "all",
            count(Outcome.Passed.class),
            count(Outcome.Skipped.class),
            count(Outcome.Failed.class)));
    reasons(text);
    for (CaseResult failure : failures()) {
      line(text, "");
      line(
          text,
          String.format(Locale.ROOT, "FAILED %s", ((Outcome.Failed) failure.outcome()).message()));
    }
    return text.toString();
  }

  private void reasons(StringBuilder text) {
    TreeMap<String, Integer> reasons = new TreeMap<>();
    for (CaseResult result : results) {
      if (result.outcome() instanceof Outcome.Skipped(String reason)) {
        reasons.merge(reason, 1, Integer::sum);
      }
    }
    if (!reasons.isEmpty()) {
      line(text, "");
      line(text, "Skipped because:");
      reasons.forEach(
          (reason, count) -> line(text, String.format(Locale.ROOT, "%6d  %s", count, reason)));
    }
  }

  private static void line(StringBuilder text, String line) {
    text.append(line.stripTrailing()).append('\n');
  }
}
