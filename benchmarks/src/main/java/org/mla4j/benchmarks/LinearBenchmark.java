package org.mla4j.benchmarks;

import java.io.IOException;
import java.util.function.IntFunction;
import org.mla4j.api.op.Linear;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** {@code linear}, 2048 x 2048: one token measures memory, 512 tokens measure arithmetic. */
public class LinearBenchmark extends KernelBenchmark {
  private static final int WIDTH = 2048;

  /** Element type of the weights; {@code F8_E4M3} has a scale for each 128 x 128. */
  @Param({"BF16", "F16", "F32", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "F8_E4M3"})
  public DType weights = DType.F32;

  /** 1 is decode, more are prefill. */
  @Param({"1", "48", "512"})
  public int tokens;

  /** Used by JMH. */
  public LinearBenchmark() {}

  /**
   * Makes the layers.
   *
   * @throws IOException if weights with block scales cannot be written to a temporary folder
   */
  @Setup
  public void setUp() throws IOException {
    KernelBench bench = open(Phase.PREFILL, 0, tokens);
    StepValue x = buffer("x", Rows.ALL, WIDTH);
    StepValue out = buffer("out", Rows.ALL, WIDTH);
    double bytes = weights.byteCount((long) WIDTH * WIDTH);
    double rows = 4.0 * tokens * (WIDTH + WIDTH);
    Work work = new Work(bytes + rows, 2.0 * tokens * WIDTH * WIDTH);
    if (weights == DType.F8_E4M3) {
      try (BlockScaledWeights scaled = new BlockScaledWeights(WIDTH)) {
        layers(work, bytes, layer -> new Linear(x, scaled.weight(layer), null, out));
      }
    } else {
      IntFunction<WeightHandle> plain = layer -> bench.weight(weights, WIDTH, WIDTH);
      layers(work, bytes, layer -> new Linear(x, plain.apply(layer), null, out));
    }
  }
}
