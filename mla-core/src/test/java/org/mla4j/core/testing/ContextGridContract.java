package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.MlaCase.Attended;

/**
 * Prompts with a context, on the grids of vLLM's tests {@code test_cache}, {@code
 * test_merge_attn_states} and {@code test_mla_backends}. Extended once for each set of kernels.
 */
@DisplayName("Prompts with a context")
public abstract class ContextGridContract {
  private static final int LATENT = 512;
  private static final int ROPE = 64;
  private static final int WIDTH = LATENT + ROPE;
  private static final float SCALE = 0.1f;

  /** A complete set. */
  protected abstract KernelSet kernels();

  /** {@code gather_and_maybe_dequant_cache_mla} and {@code cp_gather_cache_mla}. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F8_E4M3"})
  void gathersWhatTheCacheHolds(DType dtype) {
    int batch = 8;
    int blockSize = 16;
    int blocks = 300;
    RandomData random = new RandomData(dtype.ordinal());
    StepLimits limits = new StepLimits(batch, batch, 512 + 1, blockSize, blocks, 1, 8 * 512);
    float scale = dtype == DType.F8_E4M3 ? SCALE : 1;
    CacheValue cache =
        new CacheValue(
            "cache",
            "layer",
            new CacheSpec(CacheSpec.mla(LATENT, ROPE, dtype).parts(), dtype, scale));
    try (OpTestBench bench = new OpTestBench(limits, TestParallel.threads(2))) {
      bench.fillCache(cache, 0, random.normal(blocks * blockSize * WIDTH));
      int[] order = random.permutation(blocks - 1);
      List<int[]> tables = new ArrayList<>();
      int used = 0;
      for (int i = 0; i < batch; i++) {
        // Zero included: a sequence without context.
        int context = i == 3 ? 0 : random.below(513);
        int[] table = new int[Math.ceilDiv(context + 1, blockSize)];
        for (int j = 0; j < table.length; j++) {
          table[j] = 1 + order[used++];
        }
        bench.add(Phase.PREFILL, context, 1, table);
        tables.add(table);
      }
      StepValue rows = bench.buffer("rows", Rows.CONTEXT, WIDTH);
      for (int pass = 0; pass < bench.step().contextPasses(); pass++) {
        bench.step().openContextPass(pass);
        bench.run(kernels(), new GatherCache(cache, rows));
        float[] found = bench.read(rows);
        for (int row = 0; row < bench.step().count(Rows.CONTEXT); row++) {
          int position = bench.step().contextPosition(row);
          int block = tables.get(bench.step().contextSequence(row))[position / blockSize];
          long slot = (long) block * blockSize + position % blockSize;
          float[] expected = bench.readCache(cache, slot * WIDTH, WIDTH);
          for (int i = 0; i < WIDTH; i++) {
            expected[i] *= scale;
          }
          assertArrayEquals(
              expected, Arrays.copyOfRange(found, row * WIDTH, (row + 1) * WIDTH), "row " + row);
        }
      }
    }
  }

  /** A sample of the grid of {@code test_merge_attn_states}. */
  @ParameterizedTest
  @CsvSource({
    "256, 4, 32",
    "512, 8, 48",
    "613, 16, 64",
    "613, 3, 256",
    "1024, 6, 96",
    "1536, 4, 128"
  })
  void mergesStates(int tokens, int heads, int width) {
    RandomData random = new RandomData(tokens + heads);
    StepLimits limits = new StepLimits(tokens, 1, tokens, 64, tokens / 64 + 2);
    try (OpTestBench bench = new OpTestBench(limits, TestParallel.threads(2)).prefillStep(tokens)) {
      float[] prefix = random.normal(tokens * heads * width);
      float[] suffix = random.normal(tokens * heads * width);
      float[] prefixLse = logSumExps(random, tokens * heads);
      float[] suffixLse = logSumExps(random, tokens * heads);
      StepValue out = bench.filled("out", Rows.PREFILL, suffix, heads, width);
      StepValue lse = bench.filled("lse", Rows.PREFILL, suffixLse, heads);
      bench.run(
          kernels(),
          new MergeAttentionStates(
              bench.filled("prefix", Rows.PREFILL, prefix, heads, width),
              bench.filled("prefix_lse", Rows.PREFILL, prefixLse, heads),
              out,
              lse));
      float[] merged = bench.read(out);
      float[] mergedLse = bench.read(lse);
      for (int i = 0; i < tokens * heads; i++) {
        double p = weight(prefixLse[i]);
        double s = weight(suffixLse[i]);
        assertEquals(
            p + s == 0 ? Float.NEGATIVE_INFINITY : Math.log(p + s), mergedLse[i], 1e-5, "row " + i);
        for (int j = i * width; j < (i + 1) * width; j++) {
          double expected = p + s == 0 ? 0 : (p * prefix[j] + s * suffix[j]) / (p + s);
          assertEquals(expected, merged[j], 1e-5, "element " + j);
        }
      }
    }
  }

  /** A tenth of them as kernels write them that found no keys. */
  private static float[] logSumExps(RandomData random, int count) {
    float[] values = random.normal(count);
    for (int i = 0; i < count; i++) {
      if (random.below(10) == 0) {
        values[i] = random.below(2) == 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
      }
    }
    return values;
  }

  private static double weight(float lse) {
    return Float.isInfinite(lse) ? 0 : Math.exp(lse);
  }

  /**
   * {@code chunked_context_prefill}, with a workspace of 1024 tokens and the heads of one of 16.
   */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F8_E4M3"})
  void chunkedContextPrefill(DType dtype) {
    List<Integer> lengths = List.of(1568, 520, 8, 80, 96, 8);
    List<Integer> queries = List.of(32, 8, 8, 16, 16, 8);
    int heads = 8;
    int value = 128;
    MlaCase example = new MlaCase(heads, 128, ROPE, value, LATENT, 16, DType.F32, lengths);
    try (OpTestBench bench = example.bench(2, 1024)) {
      CacheValue cache = example.cache("cache", dtype, 1);
      Attended expected = example.prefillForm(kernels(), bench);
      example.fillCache(kernels(), bench, cache);
      Attended found = example.extendForm(kernels(), bench, cache, queries);
      // Four requests have a context: 1024 / 4 tokens of each in a pass.
      assertEquals(6, bench.step().contextPasses());
      for (float element : found.output()) {
        assertTrue(Float.isFinite(element));
      }
      assertClose(
          example.lastTokens(expected.output(), heads * value, queries),
          found.output(),
          dtype == DType.F32 ? 1e-5 : 5e-2,
          "output");
    }
  }

  @Test
  void contextsAroundTheEdgesOfBlocksAndPasses() {
    List<Integer> lengths = List.of(17, 18, 19, 32, 33, 34, 49, 50, 3);
    MlaCase example = new MlaCase(3, 16, 8, 12, 24, 16, DType.F32, lengths);
    for (int contextTokens : new int[] {9, 143, 144, 145, 300}) {
      try (OpTestBench bench = example.bench(1, Math.max(contextTokens, lengths.size() + 1))) {
        CacheValue cache = example.cache("cache", DType.F32, 1);
        Attended whole = example.prefillForm(kernels(), bench);
        example.fillCache(kernels(), bench, cache);
        Attended merged = example.extendForm(kernels(), bench, cache, 2);
        assertClose(example.lastTokens(whole.output(), 3 * 12, 2), merged.output(), 1e-5, "output");
      }
    }
  }
}
