package org.mla4j.tck.harness;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.mla4j.api.op.Op;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * An op with numbers for any batch.
 *
 * @param name for people
 * @param op the op
 * @param filling fills what the op reads, in a batch that is described already
 * @param adapt what the op needs of a batch, such as an open context pass
 * @param tolerance the largest difference allowed, relative to the largest number; 0 for none
 */
public record Specimen(
    String name, Op op, Consumer<Bench> filling, UnaryOperator<Batch> adapt, double tolerance) {
  /** What arithmetic in binary32 may differ by. */
  public static final double F32 = 1e-5;

  /** A specimen filled with normal numbers, for any batch. */
  public static Specimen of(Op op, double tolerance) {
    return new Specimen(op.type(), op, bench -> fill(op, bench), batch -> batch, tolerance);
  }

  /** The same with something filled after the random numbers. */
  public Specimen then(Consumer<Bench> more) {
    return new Specimen(name, op, filling.andThen(more), adapt, tolerance);
  }

  /** The same under another name. */
  public Specimen named(String value) {
    return new Specimen(value, op, filling, adapt, tolerance);
  }

  /** The same with another tolerance. */
  public Specimen tolerance(double value) {
    return new Specimen(name, op, filling, adapt, value);
  }

  /** The same with a demand on batches. */
  public Specimen in(UnaryOperator<Batch> batches) {
    return new Specimen(name, op, filling, batches, tolerance);
  }

  private static void fill(Op op, Bench bench) {
    for (Value value : op.reads()) {
      if (value instanceof StepValue named && named.dtype().isFloat()) {
        bench.random(named, 1);
      } else if (value instanceof CacheValue cache) {
        bench.randomCache(cache, !op.writes().contains(cache));
      }
    }
  }
}
