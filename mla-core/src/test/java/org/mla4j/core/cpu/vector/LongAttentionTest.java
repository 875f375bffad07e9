package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.spec.CacheSpec;
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

@DisplayName("Decode attention over more spans than a wave has")
class LongAttentionTest {
  private static final int LATENT = 20;
  private static final int ROPE = 6;

  /** Of keys as narrow as these, spans are as long as can be. */
  private static final int LENGTH = 70 * 192 + 5;

  @ParameterizedTest
  @CsvSource({"1, 1, 16", "5, 3, 7", "16, 2, 64"})
  void everySpanCountsOnce(int heads, int tokens, int blockSize) {
    float[][] expected = decode(new ScalarKernels(), TestParallel.threads(2), heads, tokens, 16);
    float[][] actual =
        decode(new VectorKernels(), TestParallel.sequential(), heads, tokens, blockSize);
    assertClose(expected[0], actual[0], 1e-4, "output");
    assertClose(expected[1], actual[1], 1e-6, "log-sum-exp");
    assertArrayEquals(
        actual, decode(new VectorKernels(), TestParallel.threads(3), heads, tokens, 16));
  }

  private static float[][] decode(
      KernelSet kernels, ParallelFor parallel, int heads, int tokens, int blockSize) {
    int blocks = Math.ceilDiv(LENGTH, blockSize);
    StepLimits limits = new StepLimits(tokens, 1, LENGTH, blockSize, blocks + 1);
    try (OpTestBench bench = new OpTestBench(limits, parallel)) {
      int[] table = new int[blocks];
      Arrays.setAll(table, i -> blocks - i);
      bench.step().clear();
      bench
          .step()
          .addSequence(Phase.DECODE, LENGTH - tokens, new int[tokens], 0, tokens, table, blocks);
      CacheValue cache = new CacheValue("cache", "layer", CacheSpec.mla(LATENT, ROPE, DType.BF16));
      int width = LATENT + ROPE;
      RandomData data = new RandomData(7);
      for (int position = 0; position < LENGTH; position++) {
        long slot = (long) table[position / blockSize] * blockSize + position % blockSize;
        bench.fillCache(cache, slot * width, data.normal(width));
      }
      StepValue out = bench.buffer("o", Rows.DECODE, heads, LATENT);
      StepValue lse = bench.buffer("lse", Rows.DECODE, heads);
      bench.run(
          kernels,
          new MlaDecodeAttention(
              bench.filled("q", Rows.DECODE, data.normal(tokens * heads * LATENT), heads, LATENT),
              bench.filled("pe", Rows.DECODE, data.normal(tokens * heads * ROPE), heads, ROPE),
              cache,
              0.2,
              out,
              lse));
      return new float[][] {bench.read(out), bench.read(lse)};
    }
  }
}
