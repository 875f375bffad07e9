package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestParallel;

@DisplayName("A row's result: close to the scalar kernel's, and always the same bits")
class SameBitsTest {
  private static final int TOKENS = 7;
  private static final int WARM_UP = 3_000;

  /** Experts of several panels, whose number three and five threads do not divide. */
  private static final int HIDDEN = 450;

  private static final int INNER = 207;

  record Size(DType dtype, int in, int out) {}

  static Stream<Size> sizes() {
    return Stream.of(DType.F32, DType.BF16, DType.F16)
        .flatMap(dtype ->
            IntStream.of(1, 4, 6, 13, 25, 207, 702, 4098)
                .mapToObj(in -> new Size(dtype, in, 1 + in % 37)));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void linear(Size size) {
    float[] x = new RandomData(1).normal(TOKENS * size.in());
    float[] expected = linear(new ScalarKernels(), TestParallel.sequential(), size, x, 1);
    float[] actual = linear(new VectorKernels(), TestParallel.sequential(), size, x, 1);
    assertClose(expected, actual, 1e-6 * (2 + Math.sqrt(size.in())), "linear");

    assertArrayEquals(
        actual, linear(new VectorKernels(), TestParallel.threads(3), size, x, 1), "threads");
    float[] last = Arrays.copyOfRange(x, (TOKENS - 1) * size.in(), x.length);
    assertArrayEquals(
        Arrays.copyOfRange(actual, (TOKENS - 1) * size.out(), actual.length),
        linear(new VectorKernels(), TestParallel.sequential(), size, last, 1),
        "alone");
    if (size.in() == 207) {
      assertArrayEquals(
          actual,
          linear(new VectorKernels(), TestParallel.sequential(), size, x, WARM_UP),
          "compiled");
    }
  }

  private static float[] linear(
      KernelSet kernels, ParallelFor parallel, Size size, float[] x, int runs) {
    int tokens = x.length / size.in();
    try (OpTestBench bench = bench(parallel, tokens, true)) {
      float[] weight = new RandomData(2).normal(size.out() * size.in());
      StepValue in = bench.filled("x", Rows.ALL, x, size.in());
      StepValue out = bench.buffer("out", Rows.ALL, size.out());
      Linear op =
          new Linear(
              in, ArrayWeight.of("w", size.dtype(), weight, size.out(), size.in()), null, out);
      return run(kernels, bench, op, out, runs);
    }
  }

  @ParameterizedTest(name = "deterministic: {0}")
  @ValueSource(booleans = {false, true})
  void routedExperts(boolean deterministic) {
    float[] expected =
        experts(new ScalarKernels(), TestParallel.sequential(), deterministic, 0, TOKENS);
    float[] actual =
        experts(new VectorKernels(), TestParallel.sequential(), deterministic, 0, TOKENS);
    assertClose(expected, actual, 1e-5, "experts");
    for (int threads : new int[] {3, 5}) {
      assertArrayEquals(
          actual,
          experts(new VectorKernels(), TestParallel.threads(threads), deterministic, 0, TOKENS),
          threads + " threads");
    }
    float[] fourth = Arrays.copyOfRange(actual, 3 * HIDDEN, 4 * HIDDEN);
    float[] alone = experts(new VectorKernels(), TestParallel.sequential(), deterministic, 3, 1);
    if (deterministic) {
      assertArrayEquals(fourth, alone, "alone");
    } else {
      assertClose(fourth, alone, 1e-5, "alone");
    }
  }

  /** Of seven tokens, experts have three, four and five: few and more than a few. */
  private static float[] experts(
      KernelSet kernels, ParallelFor parallel, boolean deterministic, int firstToken, int tokens) {
    int topK = 3;
    int count = 5;
    MoeSpec spec =
        new MoeSpec(HIDDEN, count, topK, INNER, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, 0);
    try (OpTestBench bench = bench(parallel, tokens, deterministic)) {
      float[] x = new RandomData(3).normal(TOKENS * HIDDEN);
      float[] shares = new RandomData(4).normal(TOKENS * topK);
      int[] ids =
          IntStream.range(0, TOKENS * topK).map(i -> (i / topK + i % topK) % count).toArray();
      StepValue idValue = StepValue.buffer("ids", DType.I32, Rows.ALL, topK);
      int end = firstToken + tokens;
      bench.fillInts(idValue, Arrays.copyOfRange(ids, firstToken * topK, end * topK));
      StepValue out = bench.buffer("out", Rows.ALL, HIDDEN);
      RoutedExperts op =
          new RoutedExperts(
              spec,
              bench.filled(
                  "x", Rows.ALL, Arrays.copyOfRange(x, firstToken * HIDDEN, end * HIDDEN), HIDDEN),
              idValue,
              bench.filled(
                  "shares",
                  Rows.ALL,
                  Arrays.copyOfRange(shares, firstToken * topK, end * topK),
                  topK),
              IntStream.range(0, count).mapToObj(SameBitsTest::expert).toList(),
              out);
      return run(kernels, bench, op, out, 1);
    }
  }

  private static Expert expert(int index) {
    RandomData data = new RandomData(10 + index);
    return new Expert(
        matrix("gate", data, INNER, HIDDEN),
        matrix("up", data, INNER, HIDDEN),
        matrix("down", data, HIDDEN, INNER));
  }

  private static ArrayWeight matrix(String name, RandomData data, int rows, int columns) {
    return ArrayWeight.of(name, DType.BF16, data.normal(rows * columns, 0.05), rows, columns);
  }

  /** Not deterministic: a row alone takes kernels that add up in another order. */
  private static OpTestBench bench(ParallelFor parallel, int tokens, boolean deterministic) {
    return new OpTestBench(new StepLimits(tokens, 1, 64, 16, 8), parallel, deterministic)
        .prefillStep(tokens);
  }

  private static float[] run(KernelSet kernels, OpTestBench bench, Op op, StepValue out, int runs) {
    try (Kernel kernel = bench.create(kernels, op)) {
      for (int i = 0; i < runs; i++) {
        kernel.forward(bench.step(), Queue.SYNCHRONOUS);
      }
      return bench.read(out);
    }
  }
}
