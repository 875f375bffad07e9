package org.mla4j.tck;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.tck.cases.Case;
import org.mla4j.tck.cases.Catalogue;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Subject;

/** Runs the rules against a backend. */
public final class Conformance {
  /**
   * Rules about compiled code, for a JVM that has seen nothing else: after hundreds of other shapes
   * its compiler may no longer do without the allocations that it does without in an engine.
   */
  private static final Set<Rule> FRESH =
      Set.of(Rules.NO_ALLOCATION, Rules.REPLAY_ALLOCATES_NOTHING);

  private Conformance() {}

  /**
   * Runs everything that the settings ask for.
   *
   * @param provider what is tested
   * @param settings what is tested, and how much
   * @return what came of it
   */
  public static ConformanceReport run(BackendProvider provider, ConformanceSettings settings) {
    List<CaseResult> results = new ArrayList<>();
    for (ConformanceCase test : cases(provider, settings)) {
      results.add(test.run());
    }
    return new ConformanceReport(String.valueOf(provider.name()), settings, results);
  }

  /**
   * Lists what {@link #run} would run.
   *
   * @param provider what is tested
   * @param settings what is tested, and how much
   * @return the cases, in random order; those that count allocation before all others
   */
  public static List<ConformanceCase> cases(
      BackendProvider provider, ConformanceSettings settings) {
    Subject subject = new Subject(provider, settings.options());
    List<ConformanceCase> cases = new ArrayList<>();
    for (Case test : Catalogue.cases(settings)) {
      if (wanted(test, settings)) {
        cases.add(new Bound(test, subject, settings));
      }
    }
    // A backend that leaves something behind fails in some order only.
    Collections.shuffle(cases, new Random(settings.seed()));
    cases.sort(Comparator.comparingInt(test -> FRESH.contains(test.rule()) ? 0 : 1));
    return cases;
  }

  private static boolean wanted(Case test, ConformanceSettings settings) {
    return settings.groups().contains(test.rule().group())
        && (settings.rules().isEmpty() || settings.rules().contains(test.rule().number()))
        && (settings.ops().isEmpty()
            || test.ops().isEmpty()
            || !Collections.disjoint(test.ops(), settings.ops()));
  }

  /** A case with what it is run on. */
  private record Bound(Case test, Subject subject, ConformanceSettings settings)
      implements ConformanceCase {
    @Override
    public Rule rule() {
      return test.rule();
    }

    @Override
    public String name() {
      return test.name();
    }

    @Override
    public CaseResult run() {
      return new CaseResult(rule(), name(), outcome());
    }

    // What a backend throws, errors of linkage and assertions included, is what is looked for.
    @SuppressWarnings("CatchingUnchecked")
    private Outcome outcome() {
      try {
        test.body().run(subject);
        return new Outcome.Passed();
      } catch (Skipped e) {
        return new Outcome.Skipped(e.reason());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return failed(e);
      } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
        return failed(e);
      }
    }

    private Outcome failed(Throwable e) {
      String what = e instanceof AssertionError ? String.valueOf(e.getMessage()) : e.toString();
      return new Outcome.Failed(
          rule() + " [" + name() + "; seed " + settings.seed() + "] " + what, e);
    }
  }
}
