package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * Ops on weights of block types: the results are those of the decoded weights as F32, bit for bit
 * unless {@link #bound} says otherwise, for one token and for several. Extended once for each set
 * of kernels.
 */
@DisplayName("Weights of block types")
public abstract class BlockTypeContract {
  private static final int WIDTH = 512;
  private static final int HEADS = 3;
  private static final int KEY = 20;
  private static final int VALUE = 37;

  /** A complete set, fused ops included. */
  protected abstract KernelSet kernels();

  record Example(DType dtype, int tokens) {}

  static Stream<Example> examples() {
    return RandomBlocks.types()
        .flatMap(dtype -> Stream.of(1, 6).map(tokens -> new Example(dtype, tokens)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void linear(Example example) {
    ArrayWeight weight = matrix("w", example.dtype(), 41, WIDTH);
    ArrayWeight bias = ArrayWeight.of("b", DType.F32, new RandomData(8).normal(41), 41);
    assertSameResults(
        example,
        weight,
        (bench, w) -> new Linear(x(bench, WIDTH), w, bias, bench.buffer("out", Rows.ALL, 41)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void embedding(Example example) {
    assertSameResults(
        example,
        matrix("table", example.dtype(), 7, WIDTH),
        (bench, w) -> new Embedding(w, bench.buffer("out", Rows.ALL, WIDTH)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void absorbQuery(Example example) {
    assertSameResults(
        example,
        matrix("kv_b", example.dtype(), HEADS * (KEY + VALUE), WIDTH),
        (bench, w) ->
            new AbsorbQuery(x(bench, HEADS, KEY), w, bench.buffer("out", Rows.ALL, HEADS, WIDTH)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void projectValue(Example example) {
    assertSameResults(
        example,
        matrix("kv_b", example.dtype(), HEADS * (KEY + VALUE), WIDTH),
        (bench, w) ->
            new ProjectValue(
                x(bench, HEADS, WIDTH), w, bench.buffer("out", Rows.ALL, HEADS, VALUE)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void bothDownProjections(Example example) {
    ArrayWeight other = matrix("kv_a", DType.BF16, 19, WIDTH);
    assertSameResults(
        example,
        matrix("q_a", example.dtype(), 41, WIDTH),
        (bench, w) -> {
          StepValue x = x(bench, WIDTH);
          return new QkvAProj(
              new Linear(x, w, null, bench.buffer("q", Rows.ALL, 41)),
              new Linear(x, other, null, bench.buffer("kv", Rows.ALL, 19)));
        });
  }

  /** Experts may have other types than their neighbours, and their parts than each other. */
  @ParameterizedTest
  @MethodSource("examples")
  void routedExperts(Example example) {
    int inner = 256;
    int experts = 4;
    MoeSpec spec =
        new MoeSpec(WIDTH, experts, 2, inner, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, 0);
    List<Expert> stored = new ArrayList<>();
    for (int i = 0; i < experts; i++) {
      DType other = i % 2 == 0 ? example.dtype() : DType.BF16;
      stored.add(
          new Expert(
              matrix("gate" + i, example.dtype(), inner, WIDTH),
              matrix("up" + i, other, inner, WIDTH),
              matrix("down" + i, example.dtype(), WIDTH, inner)));
    }
    float[] expected = experts(example.tokens(), spec, stored, ArrayWeight::decoded);
    assertSame(expected, experts(example.tokens(), spec, stored, UnaryOperator.identity()));
  }

  private float[] experts(
      int tokens, MoeSpec spec, List<Expert> experts, UnaryOperator<ArrayWeight> form) {
    try (OpTestBench bench = bench(tokens)) {
      StepValue ids = StepValue.buffer("ids", DType.I32, Rows.ALL, 2);
      int[] chosen = new int[2 * tokens];
      Arrays.setAll(chosen, i -> (i + i / 4) % spec.experts());
      bench.fillInts(ids, chosen);
      StepValue shares = bench.filled("shares", Rows.ALL, new RandomData(5).normal(2 * tokens), 2);
      List<Expert> formed =
          experts.stream()
              .map(it ->
                  new Expert(
                      form.apply((ArrayWeight) it.gate()),
                      form.apply((ArrayWeight) it.up()),
                      form.apply((ArrayWeight) it.down())))
              .toList();
      StepValue out = bench.buffer("out", Rows.ALL, WIDTH);
      bench.run(kernels(), new RoutedExperts(spec, x(bench, WIDTH), ids, shares, formed, out));
      return bench.read(out);
    }
  }

  @ParameterizedTest
  @MethodSource("org.mla4j.core.testing.RandomBlocks#types")
  void matricesAreReadWhereTheyLie(DType dtype) {
    ArrayWeight weight = matrix("w", dtype, 9, WIDTH);
    try (OpTestBench bench = bench(2)) {
      bench.run(
          kernels(), new Linear(x(bench, WIDTH), weight, null, bench.buffer("out", Rows.ALL, 9)));
      assertEquals(leases(dtype), weight.openLeases());
    }
    assertEquals(0, weight.openLeases());
  }

  @Test
  @DisplayName("a norm of a block type is dequantised once")
  void norm() {
    ArrayWeight weight = ArrayWeight.blocks("norm", DType.Q8_0, new RandomData(1), 1, WIDTH);
    float[] expected = norm(weight.decoded());
    assertArrayEquals(expected, norm(weight));
    assertEquals(0, weight.openLeases());
  }

  private float[] norm(ArrayWeight weight) {
    try (OpTestBench bench = bench(2)) {
      StepValue out = bench.buffer("out", Rows.ALL, WIDTH);
      bench.run(kernels(), new RmsNorm(x(bench, WIDTH), weight, 1e-6, 1, out));
      return bench.read(out);
    }
  }

  /** Runs an op on a weight and on what it decodes to. */
  private void assertSameResults(
      Example example, ArrayWeight weight, BiFunction<OpTestBench, ArrayWeight, Op> op) {
    assertSame(
        results(example.tokens(), weight.decoded(), op), results(example.tokens(), weight, op));
  }

  /** Whether the kernels are those of deterministic mode. */
  protected boolean deterministic() {
    return false;
  }

  /** How far a result may be off, relative to the largest one: 0 if the bits must be the same. */
  protected double bound() {
    return 0;
  }

  /** Compares what a weight gives with what its decoded values give. */
  private void assertSame(float[] expected, float[] actual) {
    if (bound() == 0) {
      assertArrayEquals(expected, actual);
      return;
    }
    assertEquals(expected.length, actual.length);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
    }
    assertEquals(0, difference, bound() * largest);
  }

  /** How many leases a product keeps of a weight that it reads: one, to read it in place. */
  protected int leases(DType dtype) {
    return 1;
  }

  private float[] results(
      int tokens, ArrayWeight weight, BiFunction<OpTestBench, ArrayWeight, Op> op) {
    try (OpTestBench bench = bench(tokens)) {
      Op made = op.apply(bench, weight);
      bench.run(kernels(), made);
      return bench.read((StepValue) made.writes().getFirst());
    }
  }

  private OpTestBench bench(int tokens) {
    StepLimits limits = new StepLimits(tokens + 2, 4, 1024, 16, 64);
    OpTestBench bench = new OpTestBench(limits, TestParallel.threads(2), deterministic());
    int[] ids = new int[tokens];
    Arrays.setAll(ids, i -> (3 * i + 1) % 7);
    bench.step().addSequence(Phase.PREFILL, 0, ids, 0, tokens, new int[] {1}, 1);
    return bench;
  }

  private static StepValue x(OpTestBench bench, int... extents) {
    int width = Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    long[] shape = Arrays.stream(extents).asLongStream().toArray();
    float[] live = new RandomData(4).normal(bench.step().count(Rows.ALL) * width);
    return bench.filled("x", Rows.ALL, live, shape);
  }

  private static ArrayWeight matrix(String name, DType dtype, int out, int in) {
    RandomData random = new RandomData(name.hashCode());
    double deviation = 1 / Math.sqrt(in);
    return dtype.isBlockType()
        ? ArrayWeight.blocks(name, dtype, random, deviation, out, in)
        : ArrayWeight.of(name, dtype, random.normal(out * in, deviation), out, in);
  }
}
