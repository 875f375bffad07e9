package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.mla4j.core.testing.Close.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.MlaCase.Attended;

/**
 * The two algebraic forms of attention agree, whatever the dimensions, the block size and the
 * number of threads. Extended once for each set of kernels.
 */
@DisplayName("Absorbed form equals decompressed form")
public abstract class AttentionContract {
  private static final double BOUND = 1e-5;
  private static final List<Integer> LENGTHS = List.of(1, 5, 33, 2, 17);

  /** A complete set. */
  protected abstract KernelSet kernels();

  static Stream<MlaCase> cases() {
    return Stream.of(
        new MlaCase(1, 16, 8, 24, 32, 16, DType.F32, LENGTHS),
        new MlaCase(3, 24, 8, 16, 40, 1, DType.BF16, LENGTHS),
        new MlaCase(5, 12, 0, 20, 32, 16, DType.F32, LENGTHS),
        new MlaCase(12, 16, 16, 16, 64, 64, DType.F16, LENGTHS),
        new MlaCase(20, 8, 2, 9, 17, 64, DType.F32, LENGTHS),
        new MlaCase(2, 1, 2, 1, 1, 1, DType.F32, LENGTHS),
        new MlaCase(4, 128, 64, 128, 512, 16, DType.BF16, List.of(3, 70)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void formsAgree(MlaCase example) {
    try (OpTestBench bench = example.bench(1)) {
      CacheValue cache = example.cache("cache", DType.F32, 1);
      Attended prefill = example.prefillForm(kernels(), bench);
      example.fillCache(kernels(), bench, cache);
      Attended decode = example.decodeForm(kernels(), bench, cache);

      assertClose(prefill.output(), decode.output(), BOUND, "output");
      assertClose(prefill.logSumExp(), decode.logSumExp(), BOUND, "log-sum-exp");
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void prefillTokensDoNotSeeTheDecodeTokensBeforeThem(MlaCase example) {
    try (OpTestBench bench = example.bench(1)) {
      Attended alone = example.prefillForm(kernels(), bench);
      Attended behind = example.prefillFormBehind(3, kernels(), bench);

      assertClose(alone.output(), behind.output(), BOUND, "output");
      assertClose(alone.logSumExp(), behind.logSumExp(), BOUND, "log-sum-exp");
    }
  }

  static Stream<Arguments> contexts() {
    return cases()
        .flatMap(example ->
            Stream.of(1, 4, 20)
                .flatMap(newTokens ->
                    Stream.of(6, 21, 200)
                        .map(contextTokens -> Arguments.of(example, newTokens, contextTokens))));
  }

  @ParameterizedTest
  @MethodSource("contexts")
  void newTokensMergedWithTheirContextEqualTheWhole(
      MlaCase example, int newTokens, int contextTokens) {
    try (OpTestBench bench = example.bench(2, contextTokens)) {
      CacheValue cache = example.cache("cache", DType.F32, 1);
      Attended whole = example.prefillForm(kernels(), bench);
      example.fillCache(kernels(), bench, cache);
      Attended merged = example.extendForm(kernels(), bench, cache, newTokens);

      int heads = example.heads();
      assertClose(
          example.lastTokens(whole.output(), heads * example.value(), newTokens),
          merged.output(),
          BOUND,
          "output");
      assertClose(
          example.lastTokens(whole.logSumExp(), heads, newTokens),
          merged.logSumExp(),
          BOUND,
          "log-sum-exp");
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void tokenByTokenGivesTheSameBitsAsAllAtOnce(MlaCase example) {
    try (OpTestBench bench = example.bench(1)) {
      CacheValue cache = example.cache("cache", DType.F32, 1);
      example.fillCache(kernels(), bench, cache);
      Attended all = example.decodeForm(kernels(), bench, cache);
      Attended last = example.decodeLastTokens(kernels(), bench, cache);

      int heads = example.heads();
      assertArrayEquals(
          example.lastTokens(all.output(), heads * example.value()), last.output(), "output");
      assertArrayEquals(
          example.lastTokens(all.logSumExp(), heads), last.logSumExp(), "log-sum-exp");
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void threadsDoNotChangeABit(MlaCase example) {
    try (OpTestBench one = example.bench(1);
        OpTestBench three = example.bench(3)) {
      CacheValue cache = example.cache("cache", DType.F32, 1);
      example.fillCache(kernels(), one, cache);
      example.fillCache(kernels(), three, cache);

      assertArrayEquals(
          example.prefillForm(kernels(), one).output(),
          example.prefillForm(kernels(), three).output(),
          "prefill");
      assertArrayEquals(
          example.decodeForm(kernels(), one, cache).output(),
          example.decodeForm(kernels(), three, cache).output(),
          "decode");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16", "F8_E4M3"})
  void smallCellsAreReadAsWhatTheyStandFor(DType dtype) {
    MlaCase example = new MlaCase(3, 16, 8, 12, 32, 16, DType.F32, LENGTHS);
    float scale = dtype == DType.F8_E4M3 ? 0.0173f : 1;
    try (OpTestBench bench = example.bench(1)) {
      CacheValue small = example.cache("small", dtype, scale);
      example.fillCache(kernels(), bench, small);
      CacheValue wide = example.cache("wide", DType.F32, 1);
      int cells = Math.toIntExact(bench.cache(small).shape().elements());
      float[] values = bench.readCache(small, 0, cells);
      for (int i = 0; i < cells; i++) {
        values[i] *= scale;
      }
      bench.fillCache(wide, 0, values);

      Attended expected = example.decodeForm(kernels(), bench, wide);
      Attended actual = example.decodeForm(kernels(), bench, small);
      assertClose(expected.output(), actual.output(), BOUND, "output");
      assertClose(expected.logSumExp(), actual.logSumExp(), BOUND, "log-sum-exp");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16", "F8_E4M3"})
  void smallCellsAreRoundedToNearest(DType dtype) {
    MlaCase example = new MlaCase(1, 4, 4, 4, 30, 16, DType.F32, List.of(16));
    float scale = dtype == DType.F8_E4M3 ? 0.05f : 1;
    try (OpTestBench bench = example.bench(1)) {
      CacheValue exact = example.cache("exact", DType.F32, 1);
      CacheValue small = example.cache("small", dtype, scale);
      example.fillCache(kernels(), bench, exact);
      example.fillCache(kernels(), bench, small);

      int firstCell = 16 * 34;
      float[] values = bench.readCache(exact, firstCell, 16 * 34);
      float[] scaled = Arrays.copyOf(values, values.length);
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] /= scale;
      }
      CacheValue rounded = example.cache("rounded", dtype, scale);
      bench.fillCache(rounded, firstCell, scaled);
      assertArrayEquals(
          bench.readCache(rounded, firstCell, values.length),
          bench.readCache(small, firstCell, values.length));
    }
  }
}
