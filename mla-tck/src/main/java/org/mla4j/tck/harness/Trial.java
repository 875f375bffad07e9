package org.mla4j.tck.harness;

import java.util.Map;
import org.mla4j.api.backend.Kernel;
import org.mla4j.tck.reference.References;
import org.mla4j.tck.reference.StepMemory;

/** A specimen on a bench, with its kernel. */
public final class Trial implements AutoCloseable {
  private final Session session;
  private final Specimen specimen;
  private final Bench bench;
  private final Kernel kernel;

  /** Creates the kernel; skips if the backend declines. */
  public Trial(Session session, Specimen specimen) {
    this.session = session;
    this.specimen = specimen;
    bench = new Bench(session.engine().limits());
    try {
      bench.bind(specimen.op());
      kernel = session.create(specimen.op(), bench);
    } catch (RuntimeException | Error e) {
      bench.close();
      throw e;
    }
  }

  public Bench bench() {
    return bench;
  }

  public org.mla4j.api.op.Op op() {
    return specimen.op();
  }

  public Kernel kernel() {
    return kernel;
  }

  /** Describes a batch and fills what the op reads. */
  public Trial stage(Batch batch) {
    bench.describe(specimen.adapt().apply(batch));
    specimen.filling().accept(bench);
    return this;
  }

  /** Runs the kernel once, in a step that it is prepared for. */
  public Trial forward() {
    session.forward(bench.step(), kernel);
    return this;
  }

  /** Runs the kernel and holds it against the reference. */
  public void check() {
    StepMemory expected = bench.model();
    References.run(specimen.op(), expected);
    Map<Object, byte[]> before = bench.bytes();
    forward();
    new Comparison(bench, specimen.op(), specimen.tolerance()).require(expected, before);
  }

  /** Runs a batch from the start and returns all bytes it left. */
  public Map<Object, byte[]> bitsOf(Batch batch) {
    stage(batch).forward();
    return bench.bytes();
  }

  /** One specimen in one batch, in a session of its own. */
  public static void check(
      Subject subject, Batch batch, java.util.function.Function<Session, Specimen> specimens) {
    try (Session session = Session.open(subject, batch.limits())) {
      check(session, batch, specimens.apply(session));
    }
  }

  /** One specimen in one batch. */
  public static void check(Session session, Batch batch, Specimen specimen) {
    try (Trial trial = new Trial(session, specimen)) {
      trial.stage(batch).check();
    }
  }

  @Override
  public void close() {
    bench.close();
  }
}
