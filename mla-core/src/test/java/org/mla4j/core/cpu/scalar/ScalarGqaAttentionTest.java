package org.mla4j.core.cpu.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;
import org.mla4j.core.testing.TestParallel;

@DisplayName("Grouped-query attention")
class ScalarGqaAttentionTest {
  private static final int KEY = 16;
  private static final int VALUE = 32;
  private static final double SCALE = 0.25;

  /** A sequence of 21 tokens and one of 6, in blocks of 8. */
  private static final int LONG = 21;

  private static final int SHORT = 6;

  private static OpTestBench bench(int threads) {
    return new OpTestBench(new StepLimits(32, 4, 40, 8, 9), TestParallel.threads(threads));
  }

  private static GqaAttention op(int heads, int groups, DType dtype, CacheLayout layout) {
    List<Part> parts = List.of(new Part("key", groups * KEY), new Part("value", groups * VALUE));
    // Keys as part of a wider projection, their heads apart.
    StepValue kv = StepValue.buffer("kv", DType.F32, Rows.ALL, groups, KEY + VALUE);
    return new GqaAttention(
        StepValue.buffer("q", DType.F32, Rows.ALL, heads, KEY),
        kv.narrow("k", -1, 0, KEY),
        kv.narrow("v", -1, KEY, VALUE),
        new CacheValue("cache", "layer", new CacheSpec(parts, dtype, 1), layout),
        SCALE,
        StepValue.buffer("out", DType.F32, Rows.ALL, heads, VALUE));
  }

  private static float[] numbers(StepValue value, int sequence, int position) {
    long seed = value.name().hashCode() * 1000L + 100L * sequence + position;
    return new RandomData(seed).normal(value.rowWidth());
  }

  private static void fill(OpTestBench bench, StepValue value, int[]... tokens) {
    float[] all = new float[tokens.length * value.rowWidth()];
    for (int i = 0; i < tokens.length; i++) {
      float[] row = numbers(value, tokens[i][0], tokens[i][1]);
      System.arraycopy(row, 0, all, i * row.length, row.length);
    }
    bench.fill(value, all);
  }

  /** The definition, in binary64, without a cache. */
  private static float[] expected(GqaAttention op, int sequence, int position) {
    int heads = Math.toIntExact(op.q().rowShape().extent(0));
    int groups = Math.toIntExact(op.k().rowShape().extent(0));
    float[] q = numbers(op.q(), sequence, position);
    float[] out = new float[heads * VALUE];
    for (int head = 0; head < heads; head++) {
      int group = head / (heads / groups);
      double mass = 0;
      double[] sums = new double[VALUE];
      for (int j = 0; j <= position; j++) {
        float[] k = numbers(op.k(), sequence, j);
        float[] v = numbers(op.v(), sequence, j);
        double score = 0;
        for (int i = 0; i < KEY; i++) {
          score += (double) q[head * KEY + i] * k[group * KEY + i];
        }
        double weight = Math.exp(SCALE * score);
        mass += weight;
        for (int i = 0; i < VALUE; i++) {
          sums[i] += weight * v[group * VALUE + i];
        }
      }
      for (int i = 0; i < VALUE; i++) {
        out[head * VALUE + i] = (float) (sums[i] / mass);
      }
    }
    return out;
  }

  private static void run(OpTestBench bench, GqaAttention op, int[]... tokens) {
    fill(bench, op.q(), tokens);
    fill(bench, op.k(), tokens);
    fill(bench, op.v(), tokens);
    bench.run(new ScalarKernels(), op);
  }

  private static int[][] range(int sequence, int from, int to) {
    int[][] tokens = new int[to - from][];
    for (int i = from; i < to; i++) {
      tokens[i - from] = new int[] {sequence, i};
    }
    return tokens;
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "6, 3", "8, 1", "5, 5"})
  void isWhatItsDefinitionSays(int heads, int groups) {
    GqaAttention op = op(heads, groups, DType.F32, CacheLayout.ROW_MAJOR);
    try (OpTestBench bench = bench(2)) {
      bench.add(Phase.PREFILL, 0, LONG - 1, 1, 5, 3);
      run(bench, op, range(0, 0, LONG - 1));
      // A decode token of it beside a prompt of its own.
      bench.step().clear();
      bench.add(Phase.DECODE, LONG - 1, 1, 1, 5, 3);
      bench.add(Phase.PREFILL, 0, SHORT, 2);
      int[][] tokens = new int[1 + SHORT][];
      tokens[0] = new int[] {0, LONG - 1};
      System.arraycopy(range(1, 0, SHORT), 0, tokens, 1, SHORT);
      run(bench, op, tokens);
      float[] all = bench.read(op.out());
      for (int i = 0; i < tokens.length; i++) {
        float[] row = Arrays.copyOfRange(all, i * heads * VALUE, (i + 1) * heads * VALUE);
        assertClose(expected(op, tokens[i][0], tokens[i][1]), row, 1e-6, "token " + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 8})
  void everyLayoutGivesTheSameBits(int kernelBlockSize) {
    for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16, DType.F8_E4M3)) {
      float[] rows = outputs(op(4, 2, dtype, CacheLayout.ROW_MAJOR), 1);
      for (Arrangement arrangement : Arrangement.values()) {
        CacheLayout layout = new CacheLayout(arrangement, RopeOrder.AS_ROTATED, kernelBlockSize);
        assertArrayEquals(rows, outputs(op(4, 2, dtype, layout), 3), dtype + ", " + layout);
      }
    }
  }

  private static float[] outputs(GqaAttention op, int threads) {
    try (OpTestBench bench = bench(threads)) {
      bench.add(Phase.PREFILL, 0, LONG, 1, 5, 3);
      run(bench, op, range(0, 0, LONG));
      return bench.read(op.out());
    }
  }

  @Test
  void paddingTokenIsNotWrittenAndSeesWhatTheCacheHolds() {
    GqaAttention op = op(2, 1, DType.F32, CacheLayout.ROW_MAJOR);
    try (OpTestBench bench = bench(1)) {
      bench.add(Phase.PREFILL, 0, SHORT, 2);
      run(bench, op, range(0, 0, SHORT));
      byte[] before = bench.cacheBytes(op.cache(), 0);
      bench.step().clear();
      bench.add(Phase.DECODE, SHORT - 1, 1, 2);
      bench.step().skipSlot(0);
      fill(bench, op.q(), new int[] {0, SHORT - 1});
      bench.run(new ScalarKernels(), op);
      assertArrayEquals(before, bench.cacheBytes(op.cache(), 0));
      assertClose(expected(op, 0, SHORT - 1), bench.read(op.out()), 1e-6, "output");
    }
  }

  @Test
  void profilingWritesZerosAndTouchesNoCache() {
    GqaAttention op = op(2, 1, DType.BF16, CacheLayout.ROW_MAJOR);
    try (OpTestBench bench = bench(1)) {
      bench.cache(op.cache());
      bench.step().profile(3);
      bench.run(new ScalarKernels(), op);
      assertArrayEquals(new float[3 * 2 * VALUE], bench.read(op.out()));
    }
  }

  @Test
  void headsAreAMultipleOfKeyHeadsAndPartsFit() {
    assertEquals(
        Support.no("5 query heads for 2 key heads; expected a multiple"),
        new ScalarKernels().supports(op(5, 2, DType.F32, CacheLayout.ROW_MAJOR)));
    GqaAttention op = op(4, 2, DType.F32, CacheLayout.ROW_MAJOR);
    CacheSpec swapped =
        new CacheSpec(List.of(new Part("key", 64), new Part("value", 32)), DType.F32, 1);
    assertEquals(
        Support.no(
            "cache 'c' has rows of [Part[name=key, width=64], Part[name=value, width=32]]; expected"
                + " parts of [32, 64] elements"),
        new ScalarKernels()
            .supports(
                new GqaAttention(
                    op.q(), op.k(), op.v(), new CacheValue("c", "layer", swapped), 1, op.out())));
  }
}
