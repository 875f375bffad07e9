package org.mla4j.models.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.models.testing.Refusals.assertRefused;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.core.measure.PaceTest;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.measure.Roofline.OpShare;

class BenchmarkTest {
  private static final PaceTest PROMPT = new PaceTest(6, 0, 0, 1);
  private static final PaceTest ANSWER = new PaceTest(0, 2, 5, 2);

  private static LanguageModel open() {
    return LanguageModel.open(TestData.golden("deepseek-v3-tiny"));
  }

  private static List<EngineOptions> engines(int... threads) {
    List<EngineOptions> engines = new ArrayList<>();
    for (int count : threads) {
      engines.add(EngineOptions.builder().threads(count).build());
    }
    return engines;
  }

  @Test
  void eachTestIsMeasuredWithEachNumberOfThreads() {
    List<String> phases = new ArrayList<>();
    BenchmarkReport report =
        new Benchmark(List.of(PROMPT, ANSWER), 3, 0, false)
            .run(
                BenchmarkTest::open,
                engines(1, 2),
                (phase, done, total) -> phases.add(phase + " " + done + "/" + total));
    assertEquals("deepseek-v3-tiny", report.model());
    assertEquals("cpu", report.backend());
    assertEquals("F32", report.cacheType());
    assertEquals(List.of(1, 2), report.starts().stream().map(Start::threads).toList());
    assertEquals(
        List.of("1 pp6", "1 tg2 b2 @ d5", "2 pp6", "2 tg2 b2 @ d5"),
        report.results().stream()
            .map(result -> result.threads() + " " + result.test().name())
            .toList());
    for (TestResult result : report.results()) {
      assertEquals(3, result.tokensPerSecond().values().size());
      assertTrue(result.tokensPerSecond().values().stream().allMatch(pace -> pace > 0));
      assertNull(result.roofline());
    }
    for (Start start : report.starts()) {
      assertTrue(start.openSeconds() > 0 && start.readySeconds() > 0);
      assertTrue(start.firstTokenSeconds() > start.openSeconds() + start.readySeconds());
    }
    assertEquals(List.of(), report.limits());
    assertTrue(phases.contains("filling the cache 10/10"), phases.toString());
    assertTrue(phases.contains("pp6 3/3"), phases.toString());
  }

  @Test
  void theRooflineAddsUp() {
    BenchmarkReport report =
        new Benchmark(List.of(PROMPT, ANSWER), 1, 0, true)
            .run(BenchmarkTest::open, engines(2), ProgressListener.NONE);
    MachineLimits limits = report.limits().getFirst();
    assertEquals(2, limits.threads());
    for (TestResult result : report.results()) {
      Roofline roofline = Objects.requireNonNull(result.roofline());
      double pace = result.tokensPerSecond().median();
      double bytes = roofline.weightBytesPerToken() + roofline.cacheBytesPerToken();
      assertEquals(bytes * pace, roofline.bytesPerSecond(), 1e-6 * roofline.bytesPerSecond());
      assertEquals(
          roofline.flopsPerToken() * pace,
          roofline.flopsPerSecond(),
          1e-6 * roofline.flopsPerSecond());
      assertEquals(roofline.bytesPerSecond() / limits.bytesPerSecond(), roofline.ofBandwidth());
      assertEquals(roofline.flopsPerSecond() / limits.flopsPerSecond(), roofline.ofPeak());
      assertEquals(Math.max(roofline.ofBandwidth(), roofline.ofPeak()), roofline.ofBound());
      double inside = roofline.ops().stream().mapToDouble(OpShare::share).sum();
      assertEquals(1, inside + roofline.outsideShare(), 1e-9);
      assertTrue(roofline.outsideShare() > 0);
      assertEquals(List.of(), roofline.uncounted());
    }
    Roofline prompt = Objects.requireNonNull(report.results().getFirst().roofline());
    Roofline answer = Objects.requireNonNull(report.results().getLast().roofline());
    assertTrue(has(prompt, "mla_prefill_attention") && !has(prompt, "mla_decode_attention"));
    assertTrue(has(answer, "mla_decode_attention") && !has(answer, "mla_prefill_attention"));
    // Six tokens share a reading of the weights, two do.
    assertTrue(prompt.weightBytesPerToken() < answer.weightBytesPerToken());
    assertFalse(prompt.cacheBytesPerToken() == 0);
  }

  private static boolean has(Roofline roofline, String op) {
    return roofline.ops().stream().anyMatch(share -> share.op().equals(op));
  }

  @Test
  void warmUpGoesOnUntilItsTimeIsOver() {
    long start = System.nanoTime();
    new Benchmark(List.of(PROMPT), 1, 1, false)
        .run(BenchmarkTest::open, engines(1), ProgressListener.NONE);
    assertTrue(System.nanoTime() - start > Benchmark.LEAST_WARMUP.toNanos());
  }

  @Test
  void aTestThatTheModelIsTooShortForIsRefused() {
    Benchmark benchmark =
        new Benchmark(List.of(PROMPT, new PaceTest(0, 1, 1 << 20, 1)), 1, 0, false);
    assertRefused(
        "Test 'tg1 @ d1048576' has sequences of 1048577 tokens; model 'deepseek-v3-tiny' has"
            + " 163840 positions. [MLA-0401]",
        () -> benchmark.run(BenchmarkTest::open, engines(1), ProgressListener.NONE));
  }

  @Test
  void nothingToMeasureIsRefused() {
    assertRefused(
        "Benchmark: no tests; expected at least one. [MLA-0401]",
        () -> new Benchmark(List.of(), 1, 0, false));
    assertRefused(
        "Benchmark: repetitions = 0; expected 1 or more. [MLA-0401]",
        () -> new Benchmark(List.of(PROMPT), 0, 0, false));
    assertRefused(
        "Benchmark: warmups = -1; expected 0 or more. [MLA-0401]",
        () -> new Benchmark(List.of(PROMPT), 1, -1, false));
  }
}
