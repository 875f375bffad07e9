package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomBlocks;
import org.mla4j.core.testing.RandomData;

/** Small ops against their scalar kernels, in widths that fill vectors and in others. */
class SmallOpsTest {
  private static final int TOKENS = 5;
  private static final double ROUNDING = 1e-6;

  static Stream<Arguments> ropes() {
    return Stream.of(RopeStyle.values())
        .flatMap(style ->
            IntStream.of(1, 3, 4, 8, 16, 19, 32, 37).mapToObj(n -> Arguments.of(style, n)));
  }

  @ParameterizedTest
  @MethodSource("ropes")
  void rotates(RopeStyle style, int pairs) {
    float[] angles = new RandomData(1).normal(16 * 2 * pairs);
    ArrayWeight table = ArrayWeight.of("table", DType.F32, angles, 16, 2L * pairs);
    float[] scalar = rotated(new ScalarKernels(), style, pairs, table);
    float[] vector = rotated(vector(), style, pairs, table);
    assertClose(scalar, vector);
  }

  private static float[] rotated(KernelSet kernels, RopeStyle style, int pairs, ArrayWeight table) {
    try (OpTestBench bench = OpTestBench.tokens(TOKENS).prefillStep(TOKENS)) {
      StepValue q = bench.buffer("q", Rows.ALL, 3, 2L * pairs + 5).narrow("q_pe", 1, 5, 2 * pairs);
      bench.fill(q, new RandomData(2).normal(TOKENS * 3 * 2 * pairs));
      StepValue k =
          bench.filled("k", Rows.ALL, new RandomData(3).normal(TOKENS * 4 * pairs), 2, 2L * pairs);
      bench.run(kernels, new RotaryEmbedding(q, k, table, style));
      return join(bench.read(q), bench.read(k));
    }
  }

  /** The bits of the scalar kernel: what is read back later must not depend on who wrote it. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void writesTheSameCells(DType dtype) {
    float scale = dtype == DType.F8_E4M3 ? 0.1f : 1;
    for (int width : new int[] {5, 16, 64, 83}) {
      CacheValue cache =
          new CacheValue(
              "kv", "layer", new CacheSpec(CacheSpec.mla(width, 24, dtype).parts(), dtype, scale));
      assertArrayEquals(
          cells(new ScalarKernels(), cache, width), cells(vector(), cache, width), dtype.name());
    }
  }

  private static byte[] cells(KernelSet kernels, CacheValue cache, int width) {
    try (OpTestBench bench = OpTestBench.tokens(TOKENS).prefillStep(TOKENS)) {
      StepValue kvC =
          bench.filled("kv_c", Rows.ALL, new RandomData(4).normal(TOKENS * width), width);
      StepValue kPe = bench.filled("k_pe", Rows.ALL, new RandomData(5).normal(TOKENS * 24), 24);
      bench.cache(cache);
      bench.run(kernels, new ConcatAndCacheMla(kvC, kPe, cache));
      return bench.cacheBytes(cache, 0);
    }
  }

  static Stream<DType> tables() {
    return Stream.concat(Stream.of(DType.F32, DType.BF16, DType.F16), RandomBlocks.types());
  }

  @ParameterizedTest
  @MethodSource("tables")
  void looksUpTheSameBits(DType dtype) {
    ArrayWeight table =
        dtype.isBlockType()
            ? ArrayWeight.blocks("table", dtype, new RandomData(6), 1, 11, 512)
            : ArrayWeight.of("table", dtype, new RandomData(6).normal(11 * 83), 11, 83);
    for (double factor : new double[] {1, 12.5}) {
      assertArrayEquals(
          embedded(new ScalarKernels(), table, factor), embedded(vector(), table, factor));
    }
  }

  private static float[] embedded(KernelSet kernels, ArrayWeight table, double factor) {
    try (OpTestBench bench = OpTestBench.tokens(TOKENS)) {
      int[] ids = {10, 0, 3, 3};
      bench.step().addSequence(Phase.PREFILL, 0, ids, 0, 4, new int[] {1}, 1);
      StepValue out = bench.buffer("out", Rows.ALL, table.shape().extent(1));
      bench.run(kernels, new Embedding(table, out, factor));
      return bench.read(out);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 83, 128})
  void mergesStates(int width) {
    assertClose(merged(new ScalarKernels(), width), merged(vector(), width));
  }

  private static float[] merged(KernelSet kernels, int width) {
    float none = Float.NEGATIVE_INFINITY;
    try (OpTestBench bench = OpTestBench.tokens(TOKENS).prefillStep(TOKENS)) {
      int count = TOKENS * 2 * width;
      StepValue prefix =
          bench.filled("prefix", Rows.ALL, new RandomData(7).normal(count), 2, width);
      StepValue out = bench.filled("out", Rows.ALL, new RandomData(8).normal(count), 2, width);
      StepValue prefixLse =
          bench.filled("prefix_lse", Rows.ALL, lse(1, none, none, -Float.NEGATIVE_INFINITY, 40), 2);
      StepValue lse = bench.filled("lse", Rows.ALL, lse(2, none, 0.5f, none, -80), 2);
      bench.run(kernels, new MergeAttentionStates(prefix, prefixLse, out, lse));
      return join(bench.read(out), bench.read(lse));
    }
  }

  /** Two heads of five tokens: the second heads' are given. */
  private static float[] lse(float... ofSecond) {
    float[] lse = new float[2 * TOKENS];
    for (int token = 0; token < TOKENS; token++) {
      lse[2 * token] = ofSecond[0] + token;
      lse[2 * token + 1] = ofSecond[token];
    }
    return lse;
  }

  private static KernelSet vector() {
    return new VectorKernels();
  }

  private static void assertClose(float[] expected, float[] found) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < expected.length; i++) {
      double allowed = ROUNDING * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], found[i], allowed, "element " + i);
    }
  }

  private static float[] join(float[] first, float[] second) {
    float[] both = new float[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
