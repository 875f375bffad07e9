package org.mla4j.core.cpu.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestParallel;

/**
 * What an answer depends on, and what is refused. What it is, for whole layers, is tested by the
 * conformance kit.
 */
@DisplayName("Decompressed attention over the latent cache")
class ScalarMlaDecompressedAttentionTest {
  private static final int HEADS = 3;
  private static final int NOPE = 6;
  private static final int ROPE = 4;
  private static final int VALUE = 5;
  private static final int LATENT = 8;
  private static final int LENGTH = 70;

  private final CacheValue cache =
      new CacheValue("cache", "layer", CacheSpec.mla(LATENT, ROPE, DType.F32));
  private final StepValue q = StepValue.buffer("q", DType.F32, Rows.ALL, HEADS, NOPE + ROPE);
  private final StepValue out = StepValue.buffer("out", DType.F32, Rows.ALL, HEADS, VALUE);

  private MlaDecompressedAttention op(int positions, @Nullable WeightHandle norm) {
    return new MlaDecompressedAttention(
        q,
        cache,
        weight("kv_b", HEADS * (NOPE + VALUE), LATENT),
        weight("bias", HEADS * (NOPE + VALUE)),
        norm,
        1e-6,
        weight("table", positions, ROPE),
        RopeStyle.INTERLEAVED,
        0.3,
        out);
  }

  private static ArrayWeight weight(String name, long... extents) {
    int elements = (int) Arrays.stream(extents).reduce(1, Math::multiplyExact);
    return ArrayWeight.of(
        name, DType.F32, new RandomData(name.hashCode()).normal(elements), extents);
  }

  private OpTestBench bench(int threads) {
    OpTestBench bench =
        new OpTestBench(new StepLimits(80, 4, 80, 8, 12), TestParallel.threads(threads));
    bench.fillCache(cache, 0, new RandomData(7).normal(12 * 8 * (LATENT + ROPE)));
    return bench;
  }

  private static int[] blocks() {
    return new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9};
  }

  private static float[] queries(int from, int to) {
    int width = HEADS * (NOPE + ROPE);
    return Arrays.copyOfRange(new RandomData(3).normal(LENGTH * width), from * width, to * width);
  }

  private float[] prompt(int threads) {
    try (OpTestBench bench = bench(threads)) {
      bench.add(Phase.PREFILL, 0, LENGTH, blocks());
      bench.fill(q, queries(0, LENGTH));
      bench.run(new ScalarKernels(), op(80, weight("norm", NOPE + ROPE)));
      return bench.read(out);
    }
  }

  /** A prompt takes several tasks of tokens; a drawn token is alone in its own. */
  @Test
  void aTokenSeesTheSameAloneAsAmongOthersOfItsSequence() {
    float[] prompt = prompt(1);
    assertArrayEquals(prompt, prompt(2));
    try (OpTestBench bench = bench(1)) {
      bench.add(Phase.DECODE, LENGTH - 1, 1, blocks());
      bench.fill(q, queries(LENGTH - 1, LENGTH));
      bench.run(new ScalarKernels(), op(80, weight("norm", NOPE + ROPE)));
      int width = HEADS * VALUE;
      assertArrayEquals(
          Arrays.copyOfRange(prompt, (LENGTH - 1) * width, LENGTH * width), bench.read(out));
    }
  }

  @Test
  void aPositionBeyondTheRopeTableIsRefused() {
    try (OpTestBench bench = bench(1)) {
      bench.add(Phase.DECODE, 16, 1, blocks());
      bench.fill(q, queries(0, 1));
      InvalidInputException e =
          assertThrows(
              InvalidInputException.class, () -> bench.run(new ScalarKernels(), op(16, null)));
      assertEquals(
          "Token 0 of the step is at position 16; expected 0 to 15, the rows of 'table'."
              + " [MLA-0303]",
          e.getMessage());
    }
  }

  @Test
  void saysWhyNothingIsAbsorbed() {
    try (OpTestBench bench = bench(1)) {
      assertEquals(
          "ScalarMlaDecompressedAttention, not absorbed: the up-projection has a bias",
          bench.create(new ScalarKernels(), op(80, null)).describe());
    }
  }

  @Test
  void weightsOfOtherShapesAreDeclined() {
    assertEquals(
        Support.no("keyNorm 'norm' is [9]; expected [10]"),
        new ScalarKernels().supports(op(80, weight("norm", 9))));
  }
}
