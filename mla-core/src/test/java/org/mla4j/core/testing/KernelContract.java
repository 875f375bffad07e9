package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * Ops without reference outputs, against their definition in binary64, on random numbers. Extended
 * once for each set of kernels.
 */
@DisplayName("Kernels against the definition of their op")
public abstract class KernelContract {
  private static final double BOUND = 2e-6;

  /** A complete set. */
  protected abstract KernelSet kernels();

  private static OpTestBench bench(int tokens) {
    OpTestBench bench =
        new OpTestBench(new StepLimits(tokens + 2, 4, 1024, 16, 64), TestParallel.threads(2));
    return bench.prefillStep(tokens);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void linear(DType dtype) {
    linear(dtype, 5, 37, 29);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 4, 6",
    "2, 13, 25",
    "7, 64, 128",
    "3, 207, 19",
    "33, 702, 16",
    "1, 4098, 3"
  })
  void linearOfAnySize(int tokens, int in, int out) {
    linear(DType.BF16, tokens, in, out);
    linear(DType.F32, tokens, in, out);
  }

  private void linear(DType dtype, int tokens, int in, int out) {
    ArrayWeight weight = weight("w", dtype, 1, out, in);
    ArrayWeight bias = weight("b", dtype, 2, out);
    try (OpTestBench bench = bench(tokens)) {
      float[] x = new RandomData(3).normal(tokens * in);
      // A part of wider rows, as the parts of a fused projection are.
      StepValue part = bench.buffer("wide", Rows.ALL, in + 3).narrow("x", 0, 2, in);
      bench.fill(part, x);
      StepValue y = bench.buffer("wider", Rows.ALL, out + 5).narrow("y", 0, 1, out);

      bench.run(kernels(), new Linear(part, weight, bias, y));
      assertClose(product(x, weight, bias), bench.read(y), BOUND, "with bias");
      bench.run(kernels(), new Linear(part, weight, null, y));
      assertClose(product(x, weight, null), bench.read(y), BOUND, "without bias");
    }
  }

  @Test
  void linearDoesNotDependOnTheNumberOfRows() {
    ArrayWeight weight = weight("w", DType.BF16, 1, 40, 96);
    float[] x = new RandomData(2).normal(9 * 96);
    float[] together = linearOf(weight, x);
    for (int token = 0; token < 9; token++) {
      float[] alone = linearOf(weight, Arrays.copyOfRange(x, token * 96, (token + 1) * 96));
      assertArrayEquals(
          Arrays.copyOfRange(together, token * 40, (token + 1) * 40), alone, "token " + token);
    }
  }

  private float[] linearOf(ArrayWeight weight, float[] x) {
    int tokens = x.length / 96;
    StepLimits limits = new StepLimits(tokens, tokens, 64, 16, 8);
    OpTestBench deterministic = new OpTestBench(limits, TestParallel.sequential(), true);
    try (OpTestBench bench = deterministic.prefillStep(tokens)) {
      StepValue y = bench.buffer("y", Rows.ALL, 40);
      bench.run(kernels(), new Linear(bench.filled("x", Rows.ALL, x, 96), weight, null, y));
      return bench.read(y);
    }
  }

  @Test
  void linearWritesRowsOfHeads() {
    ArrayWeight weight = weight("w", DType.F32, 1, 12, 8);
    try (OpTestBench bench = bench(3)) {
      float[] x = new RandomData(2).normal(3 * 8);
      StepValue y = bench.buffer("y", Rows.ALL, 3, 4);
      bench.run(kernels(), new Linear(bench.filled("x", Rows.ALL, x, 8), weight, null, y));
      assertClose(product(x, weight, null), bench.read(y), BOUND, "heads");
    }
  }

  @Test
  void derivedWeightsAreMaterialised() {
    float[] values = new RandomData(1).normal(6 * 10);
    float[] x = new RandomData(2).normal(2 * 10);
    ArrayWeight derived = ArrayWeight.derived("q4", DType.BF16, values, 6, 10);
    try (OpTestBench bench = bench(2)) {
      StepValue y = bench.buffer("y", Rows.ALL, 6);
      bench.run(kernels(), new Linear(bench.filled("x", Rows.ALL, x, 10), derived, null, y));
      assertClose(product(x, derived, null), bench.read(y), BOUND, "derived");
    }
  }

  private static float[] product(float[] x, ArrayWeight weight, ArrayWeight bias) {
    float[] w = weight.values();
    int out = (int) weight.shape().extent(0);
    int in = (int) weight.shape().extent(1);
    float[] y = new float[x.length / in * out];
    for (int i = 0; i < y.length; i++) {
      int row = i / out;
      int output = i % out;
      double sum = bias == null ? 0 : bias.values()[output];
      for (int k = 0; k < in; k++) {
        sum += (double) x[row * in + k] * w[output * in + k];
      }
      y[i] = (float) sum;
    }
    return y;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void embedding(DType dtype) {
    ArrayWeight table = weight("embed", dtype, 1, 11, 7);
    try (OpTestBench bench = OpTestBench.tokens(6)) {
      int[] ids = {10, 0, 3, 3};
      bench.step().addSequence(Phase.PREFILL, 0, ids, 0, 4, new int[] {1}, 1);
      StepValue out = bench.buffer("out", Rows.ALL, 7);
      bench.run(kernels(), new Embedding(table, out));
      float[] expected = new float[4 * 7];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = table.values()[ids[i / 7] * 7 + i % 7];
      }
      assertArrayEquals(expected, bench.read(out));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 2.5})
  void normOfPartOfARowWithScale(double scale) {
    ArrayWeight weight = weight("norm", DType.BF16, 1, 13);
    try (OpTestBench bench = bench(4)) {
      float[] x = new RandomData(2).normal(4 * 13, 3);
      StepValue part = bench.buffer("kv_a", Rows.ALL, 20).narrow("kv_c", 0, 0, 13);
      bench.fill(part, x);
      StepValue out = bench.buffer("out", Rows.ALL, 13);
      bench.run(kernels(), new RmsNorm(part, weight, 1e-5, scale, out));

      float[] expected = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        double squares = 0;
        for (int k = 0; k < 13; k++) {
          double value = x[i / 13 * 13 + k];
          squares += value * value;
        }
        expected[i] =
            (float) (x[i] / Math.sqrt(squares / 13 + 1e-5) * weight.values()[i % 13] * scale);
      }
      assertClose(expected, bench.read(out), BOUND, "norm");
    }
  }

  @Test
  void equalExpertsAreTakenFromTheLowestOn() {
    MoeSpec spec = new MoeSpec(4, 6, 3, 4, Scoring.SOFTMAX, 3, 2, GroupScore.MAX, true, 1, 0);
    try (OpTestBench bench = bench(1)) {
      StepValue logits = bench.filled("logits", Rows.ALL, new float[6], 6);
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, 3);
      StepValue weights = bench.buffer("weights", Rows.ALL, 3);
      bench.run(kernels(), new MoeGate(spec, logits, null, ids, weights));
      assertArrayEquals(new int[] {0, 1, 2}, bench.readInts(ids));
      assertClose(new float[] {1 / 3f, 1 / 3f, 1 / 3f}, bench.read(weights), BOUND, "weights");
    }
  }

  @Test
  void routedExperts() {
    int tokens = 5;
    MoeSpec spec = new MoeSpec(12, 7, 3, 21, Scoring.SIGMOID, 1, 1, GroupScore.MAX, true, 1, 0);
    List<Expert> experts = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      experts.add(
          new Expert(
              weight("gate" + i, DType.BF16, 3 * i, 21, 12),
              weight("up" + i, DType.F16, 3 * i + 1, 21, 12),
              weight("down" + i, DType.F32, 3 * i + 2, 12, 21)));
    }
    try (OpTestBench bench = bench(tokens)) {
      RandomData random = new RandomData(99);
      float[] x = random.normal(tokens * 12);
      int[] chosen = new int[tokens * 3];
      for (int token = 0; token < tokens; token++) {
        System.arraycopy(random.permutation(7), 0, chosen, 3 * token, 3);
        Arrays.sort(chosen, 3 * token, 3 * token + 3);
      }
      float[] shares = random.normal(tokens * 3);
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, 3);
      bench.fillInts(ids, chosen);
      StepValue weights = bench.filled("weights", Rows.ALL, shares, 3);
      StepValue out = bench.buffer("out", Rows.ALL, 12);

      bench.run(
          kernels(),
          new RoutedExperts(spec, bench.filled("x", Rows.ALL, x, 12), ids, weights, experts, out));
      float[] expected = new float[tokens * 12];
      for (int i = 0; i < chosen.length; i++) {
        float[] one = Arrays.copyOfRange(x, i / 3 * 12, (i / 3 + 1) * 12);
        float[] y = expert(one, experts.get(chosen[i]));
        for (int k = 0; k < 12; k++) {
          expected[i / 3 * 12 + k] += shares[i] * y[k];
        }
      }
      assertClose(expected, bench.read(out), BOUND, "experts");
    }
  }

  private static float[] expert(float[] x, Expert expert) {
    float[] gate = product(x, (ArrayWeight) expert.gate(), null);
    float[] up = product(x, (ArrayWeight) expert.up(), null);
    for (int i = 0; i < gate.length; i++) {
      gate[i] = (float) (gate[i] / (1 + Math.exp(-gate[i])) * up[i]);
    }
    return product(gate, (ArrayWeight) expert.down(), null);
  }

  @Test
  void logitRowsAreCopiedInTheirOrder() {
    try (OpTestBench bench = OpTestBench.tokens(8)) {
      bench.add(Phase.DECODE, 3, 1, 1);
      bench.step().wantLastLogits(Sampling.GREEDY, 0);
      bench.add(Phase.PREFILL, 0, 3, 2);
      bench.add(Phase.PREFILL, 0, 2, 3);
      bench.step().wantLastLogits(Sampling.GREEDY, 0);
      StepValue x =
          bench.filled(
              "x", Rows.ALL, new float[] {0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51}, 2);
      StepValue out = bench.buffer("out", Rows.LOGITS, 2);
      bench.run(kernels(), new SelectRows(x, out));
      assertArrayEquals(new float[] {0, 1, 50, 51}, bench.read(out));
    }
  }

  @Test
  void eachRowIsSampledAsItAsks() {
    try (OpTestBench bench = OpTestBench.tokens(8).prefillStep(3)) {
      StepValue logits = logits(bench, 0, 1, 0, 1, 0, 2, 0, 0);
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.LOGITS, 1);
      bench.run(kernels(), new Sample(logits, ids));
      assertArrayEquals(new int[] {1, 1}, bench.readInts(ids));
    }
  }

  @Test
  void aRowThatIsNoNumbersLeavesTheOthersAlone() {
    try (OpTestBench bench = OpTestBench.tokens(8).prefillStep(3)) {
      StepValue logits = logits(bench, 0, 1, 0, 1, Float.NaN, 2, Float.NaN, 0);
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.LOGITS, 1);
      bench.run(kernels(), new Sample(logits, ids));
      assertArrayEquals(new int[] {1, Sample.UNUSABLE}, bench.readInts(ids));
    }
  }

  /** Two rows of four logits, the second one of another sequence. */
  private static StepValue logits(OpTestBench bench, float... values) {
    bench.step().wantLastLogits(Sampling.GREEDY, 0);
    bench.add(Phase.PREFILL, 0, 1, 2);
    bench.step().wantLastLogits(new Sampling(1, 1, 1, 0), 0.99);
    return bench.filled("logits", Rows.LOGITS, values, 4);
  }

  private static ArrayWeight weight(String name, DType dtype, long seed, int... extents) {
    long[] shape = Arrays.stream(extents).asLongStream().toArray();
    int elements = Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    return ArrayWeight.of(name, dtype, new RandomData(seed).normal(elements), shape);
  }
}
