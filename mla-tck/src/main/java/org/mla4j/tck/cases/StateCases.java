package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepLimits;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Results;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;

/** What a result may depend on: the step, and nothing else. */
final class StateCases {
  private static final Batch FIRST = Batch.mixed();
  private static final Batch SECOND = Batch.other();
  private static final StepLimits LIMITS = FIRST.limits(SECOND);
  private static final int ROUNDS = 20;

  private final List<Case> cases = new ArrayList<>();

  private StateCases() {}

  static List<Case> cases() {
    StateCases made = new StateCases();
    for (String type : Op.VOCABULARY) {
      made.add(type);
    }
    return made.cases;
  }

  private void add(String type) {
    cases.add(
        new Case(
            Rules.SAME_BITS,
            type,
            Set.of(type),
            subject -> {
              try (Session session = Session.open(subject, LIMITS);
                  Trial trial = Specimens.trial(session, type)) {
                Results first = run(trial, FIRST);
                for (int i = 0; i < 3; i++) {
                  run(trial, FIRST).require(first, "when the same step ran again");
                }
              }
            }));
    cases.add(
        new Case(
            Rules.BETWEEN_BATCHES,
            type,
            Set.of(type),
            subject -> {
              try (Session session = Session.open(subject, LIMITS);
                  Trial trial = Specimens.trial(session, type)) {
                betweenBatches(trial, type);
              }
            }));
    cases.add(new Case(Rules.THREADS, type, Set.of(type), subject -> threads(subject, type)));
    cases.add(
        new Case(Rules.PREPARED_ONCE, type, Set.of(type), subject -> preparedOnce(subject, type)));
    cases.add(new Case(Rules.AT_ONCE, type, Set.of(type), subject -> atOnce(subject, type)));
    if (!type.equals(CopyBlocks.TYPE)) {
      cases.add(
          new Case(
              Rules.DETERMINISTIC, type, Set.of(type), subject -> deterministic(subject, type)));
      cases.add(
          new Case(
              Rules.ANY_BLOCK_SIZE, type, Set.of(type), subject -> anyBlockSize(subject, type)));
    }
  }

  private static Results run(Trial trial, Batch batch) {
    trial.stage(batch).forward();
    return Results.of(trial.bench(), trial.op());
  }

  private static void betweenBatches(Trial trial, String type) {
    Results first = run(trial, FIRST);
    List<Batch> others = List.of(SECOND, FIRST.alone(0), FIRST.alone(3), FIRST.alone(6));
    for (Batch other : others) {
      if (Specimens.hasRows(type, other) && hasContext(type, other)) {
        run(trial, other);
        run(trial, FIRST).require(first, "after batch '" + other + "' had run");
      }
    }
    // And what ran first leaves nothing in what runs then.
    trial.stage(SECOND).check();
  }

  /** A context op runs only in a step with a context pass. */
  private static boolean hasContext(String type, Batch batch) {
    boolean context =
        Set.of("gather_cache", "mla_context_attention", "merge_attention_states").contains(type);
    return !context || batch.sequences().stream().anyMatch(seq -> seq.context() > 0);
  }

  private static void threads(Subject subject, String type) {
    Results one;
    try (Session session = Session.open(subject, LIMITS, 1);
        Trial trial = Specimens.trial(session, type)) {
      one = run(trial, FIRST);
    }
    for (int threads : new int[] {2, 5}) {
      try (Session session = Session.open(subject, LIMITS, threads);
          Trial trial = Specimens.trial(session, type)) {
        run(trial, FIRST).require(one, "with " + threads + " threads instead of 1");
      }
    }
  }

  /** Kernels of two layers in one step that is prepared once. */
  private static void preparedOnce(Subject subject, String type) {
    try (Session session = Session.open(subject, LIMITS);
        Trial first = Specimens.trial(session, type);
        Trial second = Specimens.trial(session, type)) {
      for (Batch batch : List.of(FIRST, SECOND, FIRST)) {
        Results alone = run(first, batch);
        // One step: both read the description of the first, each its own values.
        first.stage(batch);
        Kernel twin = session.create(second.op(), first.bench());
        session.forward(first.bench().step(), twin);
        Results.of(first.bench(), first.op()).require(alone, "by the kernel of another layer");
        first.stage(batch);
        session.backend().prepare(first.bench().step());
        session.launch(first.bench().step(), first.kernel());
        Results.of(first.bench(), first.op()).require(alone, "in a step prepared once");
        var bytes = first.bench().bytes();
        first.stage(batch);
        session.launch(first.bench().step(), twin);
        Results.of(first.bench(), first.op())
            .require(alone, "by the second kernel of a step prepared once");
        first.bench().restore(bytes);
      }
    }
  }

  private static void atOnce(Subject subject, String type) throws InterruptedException {
    Results alone;
    try (Session session = Session.open(subject, LIMITS);
        Trial trial = Specimens.trial(session, type)) {
      alone = run(trial, FIRST);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Callable<Void> engine =
            () -> {
              try (Session session = Session.open(subject, LIMITS);
                  Trial trial = Specimens.trial(session, type)) {
                for (int round = 0; round < ROUNDS; round++) {
                  run(trial, FIRST).require(alone, "while another engine ran in another thread");
                }
              }
              return null;
            };
        running.add(threads.submit(engine));
      }
      for (Future<Void> future : running) {
        join(future);
      }
    }
  }

  private static void join(Future<Void> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AssertionError failure) {
        throw failure;
      }
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new Failure("two engines at once: " + e.getCause(), e);
    }
  }

  private static void requireClaim(Subject subject) {
    Probe.Available available = Session.available(subject);
    if (!available.deterministic()) {
      throw new Skipped("does not claim to be deterministic");
    }
  }

  private static void deterministic(Subject subject, String type) {
    requireClaim(subject);
    Results together;
    try (Session session = Session.deterministic(subject, LIMITS);
        Trial trial = Specimens.trial(session, type)) {
      together = run(trial, FIRST);
      for (int i = 0; i < FIRST.sequences().size(); i++) {
        Batch alone = FIRST.alone(i);
        if (FIRST.sequences().get(i).tokens() > 0
            && Specimens.hasRows(type, alone)
            && hasContext(type, alone)) {
          run(trial, alone).require(together, "when the sequence was alone in the step");
        }
      }
    }
  }

  private static void anyBlockSize(Subject subject, String type) {
    requireClaim(subject);
    Results usual = withBlocks(subject, type, FIRST);
    for (int size : new int[] {8, 32, 48}) {
      withBlocks(subject, type, FIRST.blockSize(size))
          .require(usual, "with blocks of " + size + " tokens instead of 16");
    }
  }

  private static Results withBlocks(Subject subject, String type, Batch batch) {
    // The same number of positions, so that tables of ropes are the same.
    StepLimits limits = batch.limits();
    StepLimits same =
        new StepLimits(
            limits.maxTokens(),
            limits.maxSequences(),
            192,
            batch.blockSize(),
            limits.blocks(),
            limits.maxLogitRows(),
            limits.contextTokens());
    try (Session session = Session.deterministic(subject, same)) {
      Specimen specimen = Specimens.accepted(session, type);
      try (Trial trial = new Trial(session, specimen)) {
        return run(trial, batch);
      }
    }
  }
}
