package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.Op;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Results;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;

/** The descriptor, the probe, opening and closing. */
final class ProviderCases {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");
  private static final Pattern OWN_OP = Pattern.compile("[a-z0-9_]+");
  private static final String UNKNOWN = "tck-unknown-option";

  private ProviderCases() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(Case.of(Rules.NAME, "name", ProviderCases::name));
    cases.add(Case.of(Rules.SPI_LEVEL, "level", ProviderCases::level));
    cases.add(Case.of(Rules.VERSION, "version", ProviderCases::version));
    cases.add(Case.of(Rules.PROBE, "probe", subject -> said(subject.provider().probe())));
    cases.add(Case.of(Rules.PROBE_AGAIN, "twice", ProviderCases::probeAgain));
    cases.add(Case.of(Rules.UNKNOWN_OPTION, UNKNOWN, ProviderCases::unknownOption));
    cases.add(Case.of(Rules.SAME_LISTS, "asked twice", ProviderCases::sameLists));
    cases.add(Case.of(Rules.OP_NAMES, "ops", ProviderCases::opNames));
    cases.add(
        Case.of(
            Rules.CLOSE_UNUSED,
            "unused",
            subject -> {
              Session.open(subject, Batch.mixed().limits()).close();
              Session session = Session.open(subject, Batch.mixed().limits());
              session.backend().close();
              session.close();
            }));
    for (String type : Op.VOCABULARY) {
      cases.add(new Case(Rules.REOPEN, type, Set.of(type), subject -> reopen(subject, type)));
      cases.add(
          new Case(Rules.CLOSE_TWICE, type, Set.of(type), subject -> closeTwice(subject, type)));
    }
    return cases;
  }

  private static void name(Subject subject) {
    String name = subject.provider().name();
    Failure.unless(
        name != null && NAME.matcher(name).matches() && !name.equals("auto"),
        () ->
            "name '"
                + name
                + "'; expected lower-case letters, digits and hyphens, starting with a letter");
    Failure.unless(
        name.equals(subject.provider().name()), () -> "the name changed when asked again");
  }

  private static void level(Subject subject) {
    int level = subject.provider().spiLevel();
    Failure.unless(
        level >= BackendProvider.OLDEST_SPI_LEVEL && level <= BackendProvider.SPI_LEVEL,
        () ->
            "SPI level "
                + level
                + "; expected "
                + BackendProvider.OLDEST_SPI_LEVEL
                + " to "
                + BackendProvider.SPI_LEVEL);
  }

  private static void version(Subject subject) {
    String version = subject.provider().version();
    Failure.unless(
        version != null && !version.isBlank(), () -> "version '" + version + "'; expected some");
  }

  private static String said(Probe probe) {
    String said =
        switch (probe) {
          case Probe.Available available -> available.found();
          case Probe.Unavailable unavailable -> unavailable.reason();
        };
    Failure.unless(
        said != null && !said.isBlank(), () -> "the probe said '" + said + "'; expected words");
    return said;
  }

  private static void probeAgain(Subject subject) {
    Probe first = subject.provider().probe();
    Probe second = subject.provider().probe();
    Failure.unless(first.equals(second), () -> "the probe said " + first + ", then " + second);
  }

  private static void unknownOption(Subject subject) {
    Map<String, String> options = new HashMap<>(subject.options());
    options.put(UNKNOWN, "1");
    try {
      Session.open(new Subject(subject.provider(), options), Batch.mixed().limits()).close();
    } catch (Skipped e) {
      throw e;
    } catch (RuntimeException e) {
      Failure.unless(
          e.getMessage() != null && e.getMessage().contains(UNKNOWN),
          () -> "refused option '" + UNKNOWN + "' with a message that does not name it: " + e);
    }
  }

  private static List<Object> lists(Backend backend) {
    List<Object> lists = new ArrayList<>();
    lists.add(backend.ops());
    lists.add(backend.layers());
    lists.add(backend.features());
    lists.add(backend.attentionForms());
    lists.add(backend.cacheLayouts());
    lists.add(backend.device());
    lists.add(backend.queue());
    lists.add(backend.graphSupport());
    lists.add(backend.canReloadWeights());
    return lists;
  }

  private static void sameLists(Subject subject) {
    try (Session session = Session.open(subject, Batch.mixed().limits())) {
      List<Object> first = lists(session.backend());
      Failure.unless(!first.contains(null), () -> "null among what it says of itself: " + first);
      Trial trial = anyTrial(session);
      if (trial != null) {
        trial.close();
      }
      List<Object> second = lists(session.backend());
      Failure.unless(first.equals(second), () -> "it said of itself " + first + ", then " + second);
      boolean attends = session.backend().ops().contains(CompositeOp.MLA_ATTENTION);
      Failure.unless(
          attends || session.backend().attentionForms().isEmpty(),
          () ->
              "offers attention forms "
                  + session.backend().attentionForms()
                  + " without the op "
                  + CompositeOp.MLA_ATTENTION);
      Failure.unless(
          !session.backend().cacheLayouts().isEmpty(), () -> "no cache layout; expected one");
    }
  }

  private static @org.jspecify.annotations.Nullable Trial anyTrial(Session session) {
    for (String type : Op.VOCABULARY) {
      try {
        Trial trial = Specimens.trial(session, type);
        trial.stage(Batch.mixed()).forward();
        return trial;
      } catch (Skipped e) {
        // The next one.
      }
    }
    return null;
  }

  private static void opNames(Subject subject) {
    String own = subject.provider().name() + ":";
    try (Session session = Session.open(subject, Batch.mixed().limits())) {
      for (String type : session.backend().ops()) {
        boolean known =
            Op.VOCABULARY.contains(type)
                || (type.startsWith(own) && OWN_OP.matcher(type.substring(own.length())).matches());
        Failure.unless(
            known,
            () ->
                "op '"
                    + type
                    + "' is neither of the vocabulary nor its own; expected '"
                    + own
                    + "name' of lower-case letters, digits and underscores");
      }
    }
  }

  private static void reopen(Subject subject, String type) {
    Batch batch = Batch.mixed();
    Results first = null;
    for (int i = 0; i < 2; i++) {
      try (Session session = Session.open(subject, batch.limits());
          Trial trial = Specimens.trial(session, type)) {
        trial.stage(batch).forward();
        Results now = Results.of(trial.bench(), trial.op());
        if (first != null) {
          now.require(first, "after the backend was opened again");
        }
        first = now;
      }
    }
  }

  private static void closeTwice(Subject subject, String type) {
    Batch batch = Batch.mixed();
    try (Session session = Session.open(subject, batch.limits());
        Bench bench = new Bench(batch.limits())) {
      Specimen specimen = Specimens.accepted(session, type);
      bench.bind(specimen.op());
      Kernel closed = session.create(specimen.op(), bench);
      Kernel open = session.create(specimen.op(), bench);
      closed.close();
      closed.close();
      // Another kernel, even of the same weights, is none the worse for it.
      bench.describe(specimen.adapt().apply(batch));
      specimen.filling().accept(bench);
      session.forward(bench.step(), open);
      open.close();
      session.backend().close();
      session.backend().close();
    }
  }
}
