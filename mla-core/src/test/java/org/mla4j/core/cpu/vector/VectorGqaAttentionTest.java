package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestParallel;

@DisplayName("Grouped-query attention in vector loops")
class VectorGqaAttentionTest {
  /** Some spans and a part of one. */
  private static final int LENGTH = 3 * 192 + 29;

  record Size(int heads, int keyHeads, int key, int value, DType dtype, int blockSize) {
    GqaAttention op() {
      List<Part> parts =
          List.of(new Part("key", keyHeads * key), new Part("value", keyHeads * value));
      float scale = dtype == DType.F8_E4M3 ? 0.02f : 1;
      // Keys as part of a wider projection, their heads apart.
      StepValue kv = StepValue.buffer("kv", DType.F32, Rows.ALL, keyHeads, key + value);
      return new GqaAttention(
          StepValue.buffer("q", DType.F32, Rows.ALL, heads, key),
          kv.narrow("k", -1, 0, key),
          kv.narrow("v", -1, key, value),
          new CacheValue("cache", "layer", new CacheSpec(parts, dtype, scale)),
          0.3,
          StepValue.buffer("out", DType.F32, Rows.ALL, heads, value));
    }

    OpTestBench bench(ParallelFor parallel) {
      int blocks = Math.ceilDiv(LENGTH, blockSize) + 1;
      return new OpTestBench(new StepLimits(LENGTH, 1, LENGTH, blockSize, blocks), parallel);
    }

    int[] blocks() {
      int count = Math.ceilDiv(LENGTH, blockSize);
      int[] blocks = new int[count];
      Arrays.setAll(blocks, i -> count - i);
      return blocks;
    }
  }

  static Stream<Size> sizes() {
    return Stream.of(
        new Size(12, 2, 128, 128, DType.BF16, 64),
        new Size(6, 3, 20, 13, DType.F32, 16),
        new Size(1, 1, 7, 70, DType.F16, 1),
        new Size(5, 1, 33, 16, DType.F8_E4M3, 7),
        new Size(40, 2, 16, 64, DType.F32, 64),
        new Size(3, 3, 1, 1, DType.F32, 16));
  }

  /** Writes and attends the tokens from one position to another, those before it being cached. */
  private static float[] run(KernelSet kernels, Size size, OpTestBench bench, int from, int to) {
    GqaAttention op = size.op();
    Phase phase = to - from == 1 ? Phase.DECODE : Phase.PREFILL;
    bench.step().clear();
    bench.add(phase, from, to - from, size.blocks());
    for (StepValue value : List.of(op.q(), op.k(), op.v())) {
      int width = value.rowWidth();
      float[] all = new RandomData(value.name().hashCode()).normal(LENGTH * width);
      bench.fill(value, Arrays.copyOfRange(all, from * width, to * width));
    }
    bench.run(kernels, op);
    return bench.read(op.out());
  }

  private static float[] prompt(KernelSet kernels, Size size, ParallelFor parallel) {
    try (OpTestBench bench = size.bench(parallel)) {
      return run(kernels, size, bench, 0, LENGTH);
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void isCloseToTheScalarKernel(Size size) {
    float[] expected = prompt(new ScalarKernels(), size, TestParallel.threads(2));
    float[] actual = prompt(new VectorKernels(), size, TestParallel.threads(2));
    assertClose(expected, actual, 1e-5, "output");
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aTokenGetsTheSameBitsAloneAsInAPromptOnAnyNumberOfThreads(Size size) {
    float[] prompt = prompt(new VectorKernels(), size, TestParallel.sequential());
    assertArrayEquals(prompt, prompt(new VectorKernels(), size, TestParallel.threads(3)));
    int width = size.heads() * size.value();
    try (OpTestBench bench = size.bench(TestParallel.threads(5))) {
      int first = 192 - 3;
      for (int[] range : new int[][] {{0, first}, {first, LENGTH - 1}, {LENGTH - 1, LENGTH}}) {
        float[] part = run(new VectorKernels(), size, bench, range[0], range[1]);
        assertArrayEquals(
            Arrays.copyOfRange(prompt, range[0] * width, range[1] * width),
            part,
            "positions " + range[0] + " to " + range[1]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void writesTheBytesOfTheScalarKernel(DType dtype) {
    Size size = new Size(4, 2, 9, 11, dtype, 16);
    try (OpTestBench expected = size.bench(TestParallel.sequential());
        OpTestBench actual = size.bench(TestParallel.threads(2))) {
      run(new ScalarKernels(), size, expected, 0, LENGTH);
      run(new VectorKernels(), size, actual, 0, LENGTH);
      CacheValue cache = size.op().cache();
      assertArrayEquals(expected.cacheBytes(cache, 0), actual.cacheBytes(cache, 0));
    }
  }

  @Test
  void noTokenSeesThoseBehindIt() {
    Size size = new Size(6, 2, 24, 40, DType.F32, 16);
    GqaAttention op = size.op();
    float[] prompt = prompt(new VectorKernels(), size, TestParallel.sequential());
    try (OpTestBench bench = size.bench(TestParallel.sequential())) {
      run(new VectorKernels(), size, bench, 0, LENGTH - 5);
      // What is behind them in the same step: NaN.
      bench.step().clear();
      bench.add(Phase.PREFILL, LENGTH - 5, 5, size.blocks());
      for (StepValue value : List.of(op.q(), op.k(), op.v())) {
        int width = value.rowWidth();
        float[] all = new RandomData(value.name().hashCode()).normal(LENGTH * width);
        float[] rows = Arrays.copyOfRange(all, (LENGTH - 5) * width, LENGTH * width);
        Arrays.fill(rows, 2 * width, 5 * width, Float.NaN);
        bench.fill(value, rows);
      }
      bench.run(new VectorKernels(), op);
      int width = 6 * 40;
      assertArrayEquals(
          Arrays.copyOfRange(prompt, (LENGTH - 5) * width, (LENGTH - 3) * width),
          Arrays.copyOf(bench.read(op.out()), 2 * width));
    }
  }

  @Test
  void aTokenWithoutASlotIsNotWrittenAndSeesWhatTheCacheHolds() {
    Size size = new Size(2, 1, 16, 32, DType.F32, 8);
    GqaAttention op = size.op();
    try (OpTestBench bench = size.bench(TestParallel.sequential())) {
      float[] prompt = run(new VectorKernels(), size, bench, 0, LENGTH);
      byte[] before = bench.cacheBytes(op.cache(), 0);
      bench.step().clear();
      bench.add(Phase.DECODE, LENGTH - 1, 1, size.blocks());
      bench.step().skipSlot(0);
      int width = op.q().rowWidth();
      float[] all = new RandomData(op.q().name().hashCode()).normal(LENGTH * width);
      bench.fill(op.q(), Arrays.copyOfRange(all, (LENGTH - 1) * width, LENGTH * width));
      bench.run(new VectorKernels(), op);
      assertArrayEquals(before, bench.cacheBytes(op.cache(), 0));
      assertArrayEquals(
          Arrays.copyOfRange(prompt, (LENGTH - 1) * 64, LENGTH * 64), bench.read(op.out()));
    }
  }

  @Test
  void profilingWritesZerosAndTouchesNoCache() {
    Size size = new Size(2, 1, 16, 32, DType.BF16, 8);
    try (OpTestBench bench = size.bench(TestParallel.sequential())) {
      bench.cache(size.op().cache());
      bench.step().profile(3);
      bench.run(new VectorKernels(), size.op());
      assertArrayEquals(new float[3 * 2 * 32], bench.read(size.op().out()));
    }
  }

  @Test
  void cachesOfOtherLayoutsAreLeftToTheScalarKernel() {
    GqaAttention op = new Size(2, 1, 16, 32, DType.BF16, 8).op();
    CacheLayout split = new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0);
    CacheValue cache = new CacheValue("kv", "layer", op.cache().spec(), split);
    assertEquals(
        Support.no("cache 'kv' lies as 'split'; expected 'rows'"),
        new VectorKernels().supports(new GqaAttention(op.q(), op.k(), op.v(), cache, 1, op.out())));
  }
}
