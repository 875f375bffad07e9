package org.mla4j.benchmarks;

import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** {@code absorb_query} and {@code project_value}, each one half of the joint up-projection. */
public class LatentProjectionBenchmark extends KernelBenchmark {
  private static final int HEADS = 16;
  private static final int LATENT = 512;
  private static final int NOPE = 128;
  private static final int VALUE = 128;

  /** Which half. */
  @Param({AbsorbQuery.TYPE, ProjectValue.TYPE})
  public String op = "";

  /** Element type of the weights. */
  @Param({"BF16", "Q8_0", "Q4_0"})
  public DType weights = DType.F32;

  /** Sequences in a decode step, or tokens of a short piece. */
  @Param({"1", "48"})
  public int tokens;

  /** Used by JMH. */
  public LatentProjectionBenchmark() {}

  /** Makes the layers. */
  @Setup
  public void setUp() {
    KernelBench bench = open(Phase.DECODE, 0, tokens);
    StepValue latent = buffer("latent", Rows.DECODE, HEADS, LATENT);
    StepValue heads = buffer("heads", Rows.DECODE, HEADS, NOPE);
    double half = weights.byteCount((long) HEADS * NOPE * LATENT);
    double rows = 4.0 * tokens * HEADS * (LATENT + NOPE);
    Work work = new Work(half + rows, 2.0 * tokens * HEADS * NOPE * LATENT);
    layers(
        work,
        half,
        layer -> {
          WeightHandle kvB = bench.weight(weights, HEADS * (NOPE + VALUE), LATENT);
          return op(heads, latent, kvB);
        });
  }

  private Op op(StepValue heads, StepValue latent, WeightHandle kvB) {
    return op.equals(AbsorbQuery.TYPE)
        ? new AbsorbQuery(heads, kvB, latent)
        : new ProjectValue(latent, kvB, heads);
  }
}
