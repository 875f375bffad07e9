package org.mla4j.core.cpu.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.vector.VectorKernels;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.Close;
import org.mla4j.core.testing.MlaCase;
import org.mla4j.core.testing.MlaCase.Attended;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestParallel;

/** 42 tokens at random slots of blocks of 16, as upstream's test has them, and the corners. */
@DisplayName("Rows of format fp8_ds_mla")
class DsMlaRowsTest {
  private static final int LATENT = 512;
  private static final int ROPE = 64;
  private static final int TOKENS = 42;
  private static final int BLOCK_SIZE = 16;
  private static final int BLOCKS = 9;

  private static final CacheValue CACHE =
      new CacheValue(
          "cache",
          "layer",
          new CacheSpec(
              CacheSpec.mla(LATENT, ROPE, DType.F8_E4M3).parts(),
              DType.F8_E4M3,
              1,
              CacheSpec.Format.FP8_DS_MLA));
  private static final StepValue KV_C = StepValue.buffer("kv_c", DType.F32, Rows.ALL, LATENT);
  private static final StepValue K_PE = StepValue.buffer("k_pe", DType.F32, Rows.ALL, ROPE);

  /** A step of one new token for each of some sequences, at slots that are nobody else's. */
  private static OpTestBench scattered(int tokens) {
    OpTestBench bench =
        new OpTestBench(
            new StepLimits(TOKENS, TOKENS, BLOCK_SIZE, BLOCK_SIZE, BLOCKS),
            TestParallel.threads(2));
    int[] slots = new RandomData(0).permutation((BLOCKS - 1) * BLOCK_SIZE);
    for (int i = 0; i < tokens; i++) {
      bench.add(Phase.DECODE, slots[i] % BLOCK_SIZE, 1, 1 + slots[i] / BLOCK_SIZE);
    }
    return bench;
  }

  private static void write(OpTestBench bench, float[] latents, float[] keys) {
    bench.fill(KV_C, latents);
    bench.fill(K_PE, keys);
    bench.run(new ScalarKernels(), new ConcatAndCacheMla(KV_C, K_PE, CACHE));
  }

  private static byte[] row(OpTestBench bench, int token) {
    int from = Math.toIntExact(bench.step().slot(token) * 656);
    return Arrays.copyOfRange(bench.cacheBytes(CACHE, 0), from, from + 656);
  }

  /** Activations come in one of these types upstream; the row is the same function of each. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16", "F32"})
  void areTheBytesThatTheFormatSays(DType source) {
    float[] latents = rounded(new RandomData(1).normal(TOKENS * LATENT), source);
    float[] keys = rounded(new RandomData(2).normal(TOKENS * ROPE), source);
    try (OpTestBench bench = scattered(TOKENS)) {
      write(bench, latents, keys);
      for (int token = 0; token < TOKENS; token++) {
        float[] latent = Arrays.copyOfRange(latents, token * LATENT, (token + 1) * LATENT);
        float[] key = Arrays.copyOfRange(keys, token * ROPE, (token + 1) * ROPE);
        byte[] row = row(bench, token);
        assertArrayEquals(expected(latent, key), row, "token " + token);
        assertCloseToSource(latent, key, row);
      }
    }
  }

  private static float[] rounded(float[] values, DType dtype) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] =
          switch (dtype) {
            case BF16 -> BFloat16.toFloat(BFloat16.fromFloat(values[i]));
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(values[i]));
            default -> values[i];
          };
    }
    return rounded;
  }

  private static byte[] expected(float[] latent, float[] key) {
    ByteBuffer row = ByteBuffer.allocate(656).order(ByteOrder.LITTLE_ENDIAN);
    for (int tile = 0; tile < 4; tile++) {
      float largest = 0;
      for (int i = 0; i < 128; i++) {
        largest = Math.max(largest, Math.abs(latent[128 * tile + i]));
      }
      float scale = Math.max(largest / 448f, 1.17549435e-38f);
      row.putFloat(512 + 4 * tile, scale);
      for (int i = 0; i < 128; i++) {
        row.put(128 * tile + i, Float8E4M3.fromFloat(latent[128 * tile + i] / scale));
      }
    }
    for (int i = 0; i < 64; i++) {
      row.putShort(528 + 2 * i, BFloat16.fromFloat(key[i]));
    }
    return row.array();
  }

  /** Upstream's bound: what is read back is off by a tenth and a thousandth at most. */
  private static void assertCloseToSource(float[] latent, float[] key, byte[] bytes) {
    ByteBuffer row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < LATENT; i++) {
      float scale = row.getFloat(512 + 4 * (i / 128));
      assertClose(latent[i], Float8E4M3.toFloat(row.get(i)) * scale);
    }
    for (int i = 0; i < ROPE; i++) {
      assertClose(key[i], BFloat16.toFloat(row.getShort(528 + 2 * i)));
    }
  }

  private static void assertClose(float expected, float actual) {
    assertTrue(
        Math.abs(expected - actual) <= 1e-3 + 0.1 * Math.abs(expected),
        () -> "expected " + expected + ", found " + actual);
  }

  @Test
  void aTileOfZerosHasTheLeastScaleAndNoCodes() {
    float[] latents = new float[LATENT];
    latents[300] = -896;
    try (OpTestBench bench = scattered(1)) {
      write(bench, latents, new float[ROPE]);
      ByteBuffer row = ByteBuffer.wrap(row(bench, 0)).order(ByteOrder.LITTLE_ENDIAN);
      for (int tile : new int[] {0, 1, 3}) {
        assertEquals(1.17549435e-38f, row.getFloat(512 + 4 * tile));
      }
      assertEquals(2f, row.getFloat(512 + 8));
      for (int i = 0; i < LATENT; i++) {
        assertEquals(i == 300 ? -448 : 0, Float8E4M3.toFloat(row.get(i)));
      }
    }
  }

  @Test
  void numbersNextToZeroAreNotDividedByNothing() {
    float[] latents = new float[LATENT];
    Arrays.fill(latents, Float.MIN_VALUE);
    latents[0] = 448 * Float.MIN_NORMAL;
    try (OpTestBench bench = scattered(1)) {
      write(bench, latents, new float[ROPE]);
      ByteBuffer row = ByteBuffer.wrap(row(bench, 0)).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(Float.MIN_NORMAL, row.getFloat(512));
      assertEquals(448, Float8E4M3.toFloat(row.get(0)));
      assertEquals(0, Float8E4M3.toFloat(row.get(1)));
    }
  }

  @Test
  void paddingTokensAreNotWritten() {
    try (OpTestBench bench = scattered(3)) {
      bench.step().skipSlot(1);
      write(bench, new float[3 * LATENT], new float[3 * ROPE]);
      assertEquals(0, row(bench, 2)[0]);
    }
  }

  private static final MlaCase ATTENTION =
      new MlaCase(4, 24, ROPE, 20, LATENT, BLOCK_SIZE, DType.F32, List.of(1, 33, 16, 5));

  /** What is attended to is what a row stands for, whichever kernels a backend has. */
  @Test
  void attentionAndContextSeeWhatTheBytesStandFor() {
    OrderedKernels kernels = new OrderedKernels(new VectorKernels(), new ScalarKernels());
    try (OpTestBench bench = ATTENTION.bench(2, 21)) {
      CacheValue wide = ATTENTION.cache("wide", DType.F32, 1);
      ATTENTION.fillCache(kernels, bench, CACHE);
      bench.fillCache(wide, 0, dequantised(bench.cacheBytes(CACHE, 0)));

      ScalarKernels plain = new ScalarKernels();
      assertSameBits(
          ATTENTION.decodeForm(plain, bench, wide), ATTENTION.decodeForm(plain, bench, CACHE));
      assertSameBits(
          ATTENTION.extendForm(plain, bench, wide, 3),
          ATTENTION.extendForm(plain, bench, CACHE, 3));
      Close.assertClose(
          ATTENTION.decodeForm(kernels, bench, wide).output(),
          ATTENTION.decodeForm(kernels, bench, CACHE).output(),
          1e-5,
          "with vector kernels for the rest");
    }
  }

  private static void assertSameBits(Attended expected, Attended actual) {
    assertArrayEquals(expected.output(), actual.output());
    assertArrayEquals(expected.logSumExp(), actual.logSumExp());
  }

  private static float[] dequantised(byte[] bytes) {
    ByteBuffer rows = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.length / 656 * (LATENT + ROPE)];
    for (int row = 0; row < bytes.length / 656; row++) {
      for (int i = 0; i < LATENT; i++) {
        float scale = rows.getFloat(656 * row + 512 + 4 * (i / 128));
        values[row * (LATENT + ROPE) + i] = Float8E4M3.toFloat(rows.get(656 * row + i)) * scale;
      }
      for (int i = 0; i < ROPE; i++) {
        values[row * (LATENT + ROPE) + LATENT + i] =
            BFloat16.toFloat(rows.getShort(656 * row + 528 + 2 * i));
      }
    }
    return values;
  }

  @Test
  void fusedWritesAreTheSameBytes() {
    StepValue raw = StepValue.buffer("raw", DType.F32, Rows.ALL, LATENT);
    float[] ones = new float[LATENT];
    Arrays.fill(ones, 1);
    RmsNorm norm = new RmsNorm(raw, ArrayWeight.of("w", DType.F32, ones, LATENT), 1e-6, 1, KV_C);
    ConcatAndCacheMla concat = new ConcatAndCacheMla(KV_C, K_PE, CACHE);
    try (OpTestBench parts = scattered(TOKENS);
        OpTestBench fused = scattered(TOKENS)) {
      for (OpTestBench bench : List.of(parts, fused)) {
        bench.fill(raw, new RandomData(1).normal(TOKENS * LATENT));
        bench.fill(K_PE, new RandomData(2).normal(TOKENS * ROPE));
      }
      parts.run(new ScalarKernels(), norm);
      parts.run(new ScalarKernels(), concat);
      fused.run(
          new FusedKernels(new ScalarKernels()),
          new RmsNormRopeConcatAndCacheMla(norm, null, concat));
      assertArrayEquals(parts.cacheBytes(CACHE, 0), fused.cacheBytes(CACHE, 0));
    }
  }
}
