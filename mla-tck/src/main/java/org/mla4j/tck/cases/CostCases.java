package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Meter;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;

/** What a step, and a backend's life, may cost. */
final class CostCases {
  private static final int THREAD_ROUNDS = 5;

  private static final int LIVES = 50;

  /** Lives after which caches of the JVM and of the backend's classes are full. */
  private static final int FIRST_LIVES = 10;

  /** Bytes a life that may be the JVM's own doing. */
  private static final long HEAP_SLACK = 20_000;

  private static final long NATIVE_SLACK = 4096;

  private CostCases() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String type : Op.VOCABULARY) {
      cases.add(
          new Case(
              Rules.NO_ALLOCATION, type, Set.of(type), subject -> noAllocation(subject, type)));
    }
    cases.add(Case.of(Rules.NO_THREADS, "all ops", CostCases::noThreads));
    cases.add(Case.of(Rules.ENGINE_MEMORY, "all ops", CostCases::engineMemory));
    cases.add(Case.of(Rules.NO_GROWTH, LIVES + " lives", CostCases::noGrowth));
    return cases;
  }

  private static void noAllocation(Subject subject, String type) throws InterruptedException {
    Batch batch = Batch.mixed();
    try (Session session = Session.open(subject, batch.limits());
        Trial trial = Specimens.trial(session, type)) {
      trial.stage(batch);
      StepDescription step = trial.bench().step();
      Kernel kernel = trial.kernel();
      var queue = session.backend().queue();
      session.backend().prepare(step);
      session.upload();
      long bytes =
          Meter.allocated(
              session.engine().helpers(),
              () -> {
                kernel.forward(step, queue);
                queue.record().await();
              });
      Failure.unless(
          bytes == 0,
          () ->
              bytes
                  + " bytes were allocated in "
                  + Meter.CALLS
                  + " calls of "
                  + type
                  + "; expected none");
    }
  }

  /** Runs every op that the backend takes once. */
  private static List<Trial> useAll(Session session, Batch batch) {
    List<Trial> trials = new ArrayList<>();
    for (String type : Op.VOCABULARY) {
      if (Specimens.hasRows(type, batch)) {
        try {
          Trial trial = Specimens.trial(session, type);
          trials.add(trial);
          trial.stage(batch).forward();
        } catch (Skipped e) {
          // Of no interest here: the case of the op says so.
        }
      }
    }
    return trials;
  }

  private static void noThreads(Subject subject) {
    Batch batch = Batch.mixed();
    Set<Thread> before = Meter.threads();
    List<Trial> trials = List.of();
    try (Session session = Session.open(subject, batch.limits())) {
      trials = useAll(session, batch);
      requireNoneStarted(trials);
      List<String> started = Meter.started(before, session.engine().helpers());
      Failure.unless(
          started.isEmpty(),
          () -> "threads that were started: " + started + "; expected the engine's to be used");
    } finally {
      trials.forEach(Trial::close);
    }
  }

  /** Also threads that ended since; others of this process may start one now and then. */
  private static void requireNoneStarted(List<Trial> trials) {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < THREAD_ROUNDS && least > 0; round++) {
      long before = Meter.startedThreads();
      trials.forEach(Trial::forward);
      least = Math.min(least, Meter.startedThreads() - before);
    }
    long started = trials.isEmpty() ? 0 : least;
    Failure.unless(
        started == 0,
        () -> started + " threads were started and ended in a step; expected none to be started");
  }

  private static void engineMemory(Subject subject) {
    Batch batch = Batch.mixed();
    Session.open(subject, batch.limits()).close();
    Meter.heapBytes(); // frees what earlier cases left to the collector
    for (String type : Op.VOCABULARY) {
      try (Session session = Session.open(subject, batch.limits())) {
        var specimen = Specimens.accepted(session, type);
        try (var bench = new org.mla4j.tck.harness.Bench(batch.limits())) {
          bench.bind(specimen.op());
          long own = session.engine().allocated();
          long before = Meter.nativeBytes();
          session.create(specimen.op(), bench);
          long kept = Meter.nativeBytes() - before;
          long accounted = session.engine().allocated() - own;
          Failure.unless(
              // Segments are aligned to 64 bytes, each with up to as much on top.
              kept <= 2 * accounted + NATIVE_SLACK,
              () ->
                  type
                      + ": the backend keeps "
                      + kept
                      + " bytes outside the heap, of which "
                      + accounted
                      + " come from the engine; expected all");
        }
      } catch (Skipped e) {
        // The case of the op says so.
      }
    }
  }

  private static void noGrowth(Subject subject) {
    lives(subject, FIRST_LIVES);
    Set<Thread> threads = Meter.threads();
    long heap = Meter.heapBytes();
    long direct = Meter.nativeBytes();
    lives(subject, LIVES - FIRST_LIVES);
    List<String> left = Meter.started(threads);
    Failure.unless(left.isEmpty(), () -> "threads that live on: " + left + "; expected none");
    long heapGrowth = Meter.heapBytes() - heap;
    long directGrowth = Meter.nativeBytes() - direct;
    int lives = LIVES - FIRST_LIVES;
    Failure.unless(
        directGrowth <= NATIVE_SLACK,
        () ->
            directGrowth
                + " bytes outside the heap are left after "
                + lives
                + " lives of the backend; expected none");
    Failure.unless(
        heapGrowth <= lives * HEAP_SLACK,
        () ->
            heapGrowth
                + " bytes of the heap are left after "
                + lives
                + " lives of the backend; expected none");
  }

  private static void lives(Subject subject, int count) {
    Batch batch = Batch.mixed();
    for (int i = 0; i < count; i++) {
      List<Trial> trials = List.of();
      try (Session session = Session.open(subject, batch.limits())) {
        trials = useAll(session, batch);
      } finally {
        trials.forEach(Trial::close);
      }
    }
  }
}
