package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestParallel;

@DisplayName("Decompressed attention in vector loops")
class VectorMlaDecompressedAttentionTest {
  private static final int LENGTH = 192 + 29;
  private static final int BLOCK_SIZE = 16;

  /** With a rope table if there is a rope. */
  record Size(
      int heads,
      int nope,
      int rope,
      int value,
      int latent,
      DType cells,
      DType weights,
      boolean hasBias,
      boolean hasNorm,
      RopeStyle style) {
    MlaDecompressedAttention op(int positions) {
      int rows = heads * (nope + value);
      return new MlaDecompressedAttention(
          StepValue.buffer("q", DType.F32, Rows.ALL, heads, nope + rope),
          new CacheValue("cache", "layer", CacheSpec.mla(latent, rope, cells)),
          weight("kv_b", weights, rows, latent),
          hasBias ? weight("bias", DType.F32, rows) : null,
          hasNorm ? weight("norm", DType.F32, nope + rope) : null,
          1e-6,
          rope == 0 ? null : weight("table", DType.F32, positions, rope),
          style,
          0.2,
          StepValue.buffer("out", DType.F32, Rows.ALL, heads, value));
    }

    OpTestBench bench(ParallelFor parallel) {
      int blocks = Math.ceilDiv(LENGTH, BLOCK_SIZE) + 1;
      OpTestBench bench =
          new OpTestBench(new StepLimits(LENGTH, 1, LENGTH, BLOCK_SIZE, blocks), parallel);
      CacheValue cache = op(LENGTH).cache();
      int width = latent + rope;
      // Only the rows of the sequence: what lies elsewhere must not be read.
      RandomData data = new RandomData(7);
      bench.fillCache(cache, (long) BLOCK_SIZE * width, data.normal(LENGTH * width, 0.5));
      return bench;
    }
  }

  private static ArrayWeight weight(String name, DType dtype, long... extents) {
    int elements = (int) Arrays.stream(extents).reduce(1, Math::multiplyExact);
    return ArrayWeight.of(
        name, dtype, new RandomData(name.hashCode()).normal(elements, 0.3), extents);
  }

  static Stream<Size> sizes() {
    return Stream.of(
        new Size(3, 6, 4, 5, 8, DType.F32, DType.F32, true, true, RopeStyle.INTERLEAVED),
        new Size(2, 33, 8, 40, 70, DType.BF16, DType.BF16, false, true, RopeStyle.NEOX),
        new Size(1, 16, 0, 16, 19, DType.F16, DType.F16, true, false, RopeStyle.NEOX),
        new Size(4, 1, 2, 1, 1, DType.F32, DType.F32, true, false, RopeStyle.INTERLEAVED));
  }

  private static float[] run(KernelSet kernels, Size size, OpTestBench bench, int from, int to) {
    MlaDecompressedAttention op = size.op(LENGTH);
    int[] blocks = new int[Math.ceilDiv(LENGTH, BLOCK_SIZE)];
    Arrays.setAll(blocks, i -> i + 1);
    bench.step().clear();
    bench.add(to - from == 1 ? Phase.DECODE : Phase.PREFILL, from, to - from, blocks);
    int width = op.q().rowWidth();
    float[] all = new RandomData(3).normal(LENGTH * width);
    bench.fill(op.q(), Arrays.copyOfRange(all, from * width, to * width));
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
    assertClose(
        prompt(new ScalarKernels(), size, TestParallel.threads(2)),
        prompt(new VectorKernels(), size, TestParallel.threads(2)),
        2e-5,
        "output");
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aTokenGetsTheSameBitsAloneAsInAPromptOnAnyNumberOfThreads(Size size) {
    float[] prompt = prompt(new VectorKernels(), size, TestParallel.sequential());
    assertArrayEquals(prompt, prompt(new VectorKernels(), size, TestParallel.threads(3)));
    int width = size.heads() * size.value();
    try (OpTestBench bench = size.bench(TestParallel.threads(5))) {
      for (int[] range : new int[][] {{0, 1}, {50, 200}, {LENGTH - 1, LENGTH}}) {
        float[] part = run(new VectorKernels(), size, bench, range[0], range[1]);
        assertArrayEquals(
            Arrays.copyOfRange(prompt, range[0] * width, range[1] * width),
            part,
            "positions " + range[0] + " to " + range[1]);
      }
    }
  }

  @Test
  void aPositionBeyondTheRopeTableIsRefused() {
    Size size = sizes().findFirst().orElseThrow();
    try (OpTestBench bench = size.bench(TestParallel.sequential())) {
      bench.add(Phase.DECODE, 16, 1, 1, 2);
      MlaDecompressedAttention op = size.op(16);
      bench.fill(op.q(), new float[op.q().rowWidth()]);
      InvalidInputException e =
          assertThrows(InvalidInputException.class, () -> bench.run(new VectorKernels(), op));
      assertEquals(
          "Token 0 of the step is at position 16; expected 0 to 15, the rows of 'table'."
              + " [MLA-0303]",
          e.getMessage());
    }
  }

  @Test
  void profilingWritesZeros() {
    Size size = sizes().findFirst().orElseThrow();
    try (OpTestBench bench = size.bench(TestParallel.sequential())) {
      bench.step().profile(3);
      bench.run(new VectorKernels(), size.op(LENGTH));
      assertArrayEquals(new float[3 * 3 * 5], bench.read(size.op(LENGTH).out()));
    }
  }

  @Test
  void saysWhyNothingIsAbsorbed() {
    Size size = sizes().findFirst().orElseThrow();
    try (OpTestBench bench = size.bench(TestParallel.sequential())) {
      assertEquals(
          "VectorMlaDecompressedAttention, not absorbed: a norm of key heads stands between latent"
              + " and score",
          bench.create(new VectorKernels(), size.op(LENGTH)).describe());
    }
  }

  @Test
  void cachesOfOtherLayoutsAreLeftToTheScalarKernel() {
    MlaDecompressedAttention op = sizes().findFirst().orElseThrow().op(LENGTH);
    CacheLayout split = new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0);
    CacheValue cache = new CacheValue("kv", "layer", op.cache().spec(), split);
    MlaDecompressedAttention other =
        new MlaDecompressedAttention(
            op.q(), cache, op.kvB(), null, null, 0, null, op.style(), 1, op.out());
    assertEquals(
        Support.no("cache 'kv' lies as 'split'; expected 'rows'"),
        new VectorKernels().supports(other));
  }
}
