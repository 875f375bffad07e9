package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * The edge cases that ops promise: padding, profiling, nothing to do, and what must be refused. The
 * bench itself proves that dead rows and other blocks are neither read nor written. Extended once
 * for each set of kernels.
 */
@DisplayName("Edge cases of kernels")
public abstract class EdgeCaseContract {
  private static final int LATENT = 6;
  private static final int ROPE = 2;
  private static final int HEADS = 3;
  private static final int VALUE = 5;

  /** A complete set. */
  protected abstract KernelSet kernels();

  private static CacheValue cacheOf(DType dtype) {
    return new CacheValue("cache", "layer", CacheSpec.mla(LATENT, ROPE, dtype));
  }

  private static StepValue kvC(OpTestBench bench) {
    return bench.buffer("kv_c", Rows.ALL, LATENT);
  }

  private static StepValue kPe(OpTestBench bench) {
    return bench.buffer("k_pe", Rows.ALL, ROPE);
  }

  private static float[] random(OpTestBench bench, int width) {
    return new RandomData(width).normal(bench.step().tokens() * width);
  }

  @Test
  void paddingTokenIsNotWritten() {
    try (OpTestBench bench = OpTestBench.tokens(4).prefillStep(3)) {
      bench.fill(kvC(bench), random(bench, LATENT));
      bench.fill(kPe(bench), random(bench, ROPE));
      bench.step().skipSlot(1);

      bench.run(kernels(), new ConcatAndCacheMla(kvC(bench), kPe(bench), cacheOf(DType.F32)));
      float[] rows = bench.readCache(cacheOf(DType.F32), 16 * (LATENT + ROPE), 3 * (LATENT + ROPE));
      for (int i = 0; i < rows.length; i++) {
        assertEquals(i / (LATENT + ROPE) == 1, Float.isNaN(rows[i]), "cell " + i);
      }
    }
  }

  @Test
  void withoutSlotMappingNothingIsWrittenButRopeIsApplied() {
    try (OpTestBench bench = OpTestBench.tokens(4).prefillStep(3)) {
      bench.fill(kvC(bench), random(bench, LATENT));
      bench.fill(kPe(bench), random(bench, ROPE));
      StepValue q = bench.filled("q", Rows.ALL, random(bench, HEADS * ROPE), HEADS, ROPE);
      bench.step().omitSlotMapping();
      float[] unrotated = bench.read(kPe(bench));

      bench.cache(cacheOf(DType.F32));
      bench.run(kernels(), new ConcatAndCacheMla(kvC(bench), kPe(bench), cacheOf(DType.F32)));
      bench.run(kernels(), new RotaryEmbedding(q, kPe(bench), ropeTable(3), RopeStyle.INTERLEAVED));
      float[] rotated = bench.read(kPe(bench));
      assertArrayEquals(Arrays.copyOf(unrotated, ROPE), Arrays.copyOf(rotated, ROPE), "position 0");
      for (int i = ROPE; i < rotated.length; i++) {
        assertEquals(false, unrotated[i] == rotated[i], "element " + i + " is rotated");
      }
    }
  }

  @Test
  void cacheWithoutElementsIsNeitherWrittenNorRead() {
    try (OpTestBench bench = OpTestBench.tokens(4)) {
      bench.add(Phase.DECODE, 0, 2, 1);
      bench.fill(kvC(bench), random(bench, LATENT));
      bench.fill(kPe(bench), random(bench, ROPE));
      StepValue qLatent =
          bench.filled("q_latent", Rows.DECODE, random(bench, HEADS * LATENT), HEADS, LATENT);
      StepValue qPe = bench.filled("q_pe", Rows.DECODE, random(bench, HEADS * ROPE), HEADS, ROPE);
      StepValue oLatent = bench.buffer("o_latent", Rows.DECODE, HEADS, LATENT);
      StepValue lse = bench.buffer("lse", Rows.DECODE, HEADS);
      CacheValue cache = cacheOf(DType.F32);

      forwardWithEmptyCache(bench, new ConcatAndCacheMla(kvC(bench), kPe(bench), cache));
      forwardWithEmptyCache(bench, new MlaDecodeAttention(qLatent, qPe, cache, 1, oLatent, lse));
      int rowWidth = LATENT + ROPE;
      for (float cell : bench.readCache(cache, 16 * rowWidth, 2 * rowWidth)) {
        assertEquals(Float.NaN, cell, "what lies where a cache with blocks would be");
      }
      assertArrayEquals(new float[2 * HEADS * LATENT], bench.read(oLatent));
      assertArrayEquals(noKeys(2 * HEADS), bench.read(lse));
    }
  }

  private void forwardWithEmptyCache(OpTestBench bench, Op op) {
    Bindings empty =
        new Bindings() {
          @Override
          public StepTensor tensor(StepValue value) {
            return bench.tensor(value);
          }

          @Override
          public Tensor cache(CacheValue value, int tensor) {
            Tensor full = bench.cache(value);
            return Tensor.dense(
                full.dtype(), Shape.of(0, 16, LATENT + ROPE), full.storage(), full.byteOffset());
          }
        };
    try (Kernel kernel = kernels().create(op, empty, bench.context())) {
      kernel.forward(bench.step(), Queue.SYNCHRONOUS);
    }
  }

  private static float[] noKeys(int count) {
    float[] lse = new float[count];
    Arrays.fill(lse, Float.NEGATIVE_INFINITY);
    return lse;
  }

  @Test
  void profilingWritesZerosWithoutReadingKeys() {
    try (OpTestBench bench = OpTestBench.tokens(5)) {
      bench.step().profile(3);
      StepValue qNope = bench.buffer("q_nope", Rows.PREFILL, HEADS, LATENT);
      StepValue qPe = bench.buffer("q_pe", Rows.PREFILL, HEADS, ROPE);
      StepValue kNope = bench.buffer("k_nope", Rows.PREFILL, HEADS, LATENT);
      StepValue kPe = bench.buffer("k_pe", Rows.PREFILL, ROPE);
      StepValue v = bench.buffer("v", Rows.PREFILL, HEADS, VALUE);
      StepValue out = bench.buffer("out", Rows.PREFILL, HEADS, VALUE);
      StepValue lse = bench.buffer("lse", Rows.PREFILL, HEADS);
      bench.run(kernels(), new MlaPrefillAttention(qNope, qPe, kNope, kPe, v, 1, out, lse));
      assertArrayEquals(new float[3 * HEADS * VALUE], bench.read(out));
      assertArrayEquals(noKeys(3 * HEADS), bench.read(lse));

      StepValue qLatent = bench.buffer("q_latent", Rows.ALL, HEADS, LATENT);
      StepValue allQPe = bench.buffer("q_pe_all", Rows.ALL, HEADS, ROPE);
      StepValue oLatent = bench.buffer("o_latent", Rows.ALL, HEADS, LATENT);
      StepValue decodeLse = bench.buffer("lse_all", Rows.ALL, HEADS);
      bench.run(
          kernels(),
          new MlaDecodeAttention(qLatent, allQPe, cacheOf(DType.BF16), 1, oLatent, decodeLse));
      assertArrayEquals(new float[3 * HEADS * LATENT], bench.read(oLatent));
      assertArrayEquals(noKeys(3 * HEADS), bench.read(decodeLse));
    }
  }

  @Test
  void sequencesWithoutNewTokensAreIgnored() {
    MlaCase example = new MlaCase(HEADS, 4, ROPE, VALUE, LATENT, 16, DType.F32, List.of(9));
    try (OpTestBench bench = example.bench(1)) {
      CacheValue cache = example.cache("cache", DType.F32, 1);
      example.fillCache(kernels(), bench, cache);
      float[] alone = example.decodeLastTokens(kernels(), bench, cache).output();

      bench.step().clear();
      bench.add(Phase.DECODE, 0, 0);
      float[] crowded = example.decodeLastTokensAfter(kernels(), bench, cache).output();
      assertArrayEquals(alone, crowded);
    }
  }

  @Test
  void stepWithoutLiveRowsDoesNothing() {
    try (OpTestBench bench = OpTestBench.tokens(4)) {
      StepValue x = bench.buffer("x", Rows.ALL, LATENT);
      StepValue out = bench.buffer("out", Rows.ALL, VALUE);
      ArrayWeight weight = ArrayWeight.of("w", DType.F32, new float[VALUE * LATENT], VALUE, LATENT);
      bench.run(kernels(), new Linear(x, weight, null, out));
      bench.run(kernels(), new ConcatAndCacheMla(kvC(bench), kPe(bench), cacheOf(DType.F32)));
    }
  }

  @Test
  void positionBeyondTheRopeTableIsRefusedBeforeAnythingIsRotated() {
    try (OpTestBench bench = OpTestBench.tokens(8).prefillStep(6)) {
      StepValue q = bench.filled("q", Rows.ALL, random(bench, HEADS * ROPE), HEADS, ROPE);
      bench.fill(kPe(bench), random(bench, ROPE));
      float[] before = bench.read(q);
      Op op = new RotaryEmbedding(q, kPe(bench), ropeTable(5), RopeStyle.NEOX);

      var refused = assertThrows(InvalidInputException.class, () -> bench.run(kernels(), op));
      assertEquals(
          "Token 5 of the step is at position 5; expected 0 to 4, the rows of"
              + " 'rope_table[theta=10000.0, dim=2]'. [MLA-0303]",
          refused.getMessage());
      assertArrayEquals(before, bench.read(q));
    }
  }

  private static RopeTable ropeTable(int positions) {
    return RopeTable.of(
        new RopeSpec(ROPE, 10000, RopeStyle.NEOX, new RopeScaling.None(), positions), positions);
  }

  @Test
  void tokenOutsideTheVocabularyIsRefused() {
    try (OpTestBench bench = OpTestBench.tokens(4)) {
      bench.step().addSequence(Phase.PREFILL, 0, new int[] {4, 5}, 0, 2, new int[] {1}, 1);
      ArrayWeight table =
          ArrayWeight.of("embed_tokens", DType.F32, new float[5 * LATENT], 5, LATENT);
      Op op = new Embedding(table, bench.buffer("out", Rows.ALL, LATENT));

      var refused = assertThrows(InvalidInputException.class, () -> bench.run(kernels(), op));
      assertEquals(
          "Token 1 of the step has id 5; expected 0 to 4, the rows of 'embed_tokens'. [MLA-0303]",
          refused.getMessage());
    }
  }
}
