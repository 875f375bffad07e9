package org.mla4j.core.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cost.StepShape;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.TinyModel;

class PaceMeterTest {
  private final List<String> steps = new ArrayList<>();

  /** Runs a test and notes its steps: form, context and new tokens of each sequence; logits. */
  private void run(EngineOptions.Builder options, PaceTest... tests) {
    EngineOptions sized = PaceMeter.size(options.threads(1), List.of(tests)).build();
    try (StepRunner runner = StepRunner.build(new TinyModel(), sized)) {
      PaceMeter meter = new PaceMeter(runner, sized, TinyModel.VOCABULARY);
      for (PaceTest test : tests) {
        meter.fill(test, (phase, done, total) -> steps.add(done + " of " + total));
        long nanos = meter.run(test, this::note);
        assertTrue(nanos > 0);
      }
    }
  }

  private void note(StepRunner runner) {
    StepShape shape = StepShape.of(runner.step());
    steps.add(
        shape.queries().stream()
                .map(query ->
                    query.phase().name().charAt(0) + ":" + query.context() + "+" + query.count())
                .collect(Collectors.joining(" "))
            + " -> "
            + shape.logitRows());
    requireBlocksApart(runner.step());
    runner.run();
  }

  private static void requireBlocksApart(StepDescription step) {
    Set<Integer> seen = new HashSet<>();
    for (int sequence = 0; sequence < step.sequences(); sequence++) {
      int blocks = Math.ceilDiv(step.sequenceLength(sequence), step.limits().blockSize());
      for (int i = 0; i < blocks; i++) {
        assertTrue(seen.add(step.block(sequence, i)), "a block of two sequences");
      }
    }
  }

  @Test
  void aPromptComesInPieces() {
    run(EngineOptions.builder().maxTokensPerStep(4), new PaceTest(10, 0, 0, 1));
    assertEquals(List.of("P:0+4 -> 0", "D:4+4 -> 0", "D:8+2 -> 1"), steps);
  }

  @Test
  void longPiecesAfterAContextAreDecompressed() {
    run(EngineOptions.builder().maxTokensPerStep(4).decodeThreshold(3), new PaceTest(10, 0, 0, 1));
    assertEquals(List.of("P:0+4 -> 0", "P:4+4 -> 0", "D:8+2 -> 1"), steps);
  }

  @Test
  void deterministicModeAbsorbsAll() {
    run(EngineOptions.builder().maxTokensPerStep(4).deterministic(true), new PaceTest(6, 0, 0, 1));
    assertEquals(List.of("D:0+4 -> 0", "D:4+2 -> 1"), steps);
  }

  @Test
  void promptsShareAStep() {
    run(EngineOptions.builder().maxTokensPerStep(8).promptChunk(3), new PaceTest(4, 1, 0, 3));
    assertEquals(
        List.of("P:0+3 P:0+3 P:0+2 -> 0", "D:3+1 D:3+1 D:2+2 -> 3", "D:4+1 D:4+1 D:4+1 -> 3"),
        steps);
  }

  @Test
  void theCacheIsFilledOnceForAllThatBeginAsDeep() {
    run(
        EngineOptions.builder().maxTokensPerStep(8).blockSize(4),
        new PaceTest(0, 2, 6, 2),
        new PaceTest(3, 0, 6, 2),
        new PaceTest(0, 1, 0, 1));
    assertEquals(
        List.of(
            "8 of 12",
            "12 of 12",
            "D:6+1 D:6+1 -> 2",
            "D:7+1 D:7+1 -> 2",
            "D:6+3 D:6+3 -> 2",
            "P:0+1 -> 1"),
        steps);
  }

  @Test
  void aCacheThatIsNotFilledIsNotMeasured() {
    PaceTest deep = new PaceTest(1, 0, 3, 1);
    EngineOptions sized = PaceMeter.size(EngineOptions.builder().threads(1), List.of(deep)).build();
    try (StepRunner runner = StepRunner.build(new TinyModel(), sized)) {
      PaceMeter meter = new PaceMeter(runner, sized, TinyModel.VOCABULARY);
      assertEquals(
          "'pp1 @ d3' was not filled for: the cache holds 0 sequences of 0 tokens",
          assertThrows(IllegalStateException.class, () -> meter.run(deep)).getMessage());
    }
  }

  @Test
  void anEngineIsNoLargerThanTheTests() {
    EngineOptions sized =
        PaceMeter.size(
                EngineOptions.builder().blockSize(16),
                List.of(new PaceTest(5, 2, 10, 3), new PaceTest(100, 0, 0, 1)))
            .build();
    assertEquals(100, sized.maxSequenceLength());
    assertEquals(3, sized.maxSequences());
    assertEquals(112, sized.cacheTokens()); // 7 blocks of one, against 2 of each of three
  }

  @Test
  void namesAreThoseOfLlamaBench() {
    assertEquals("pp512", new PaceTest(512, 0, 0, 1).name());
    assertEquals("tg128 @ d4096", new PaceTest(0, 128, 4096, 1).name());
    assertEquals("pp512+tg128", new PaceTest(512, 128, 0, 1).name());
    assertEquals("tg32 b4", new PaceTest(0, 32, 0, 4).name());
    assertEquals("tg32 b4 @ d8", new PaceTest(0, 32, 8, 4).name());
    assertEquals(160, new PaceTest(0, 32, 8, 5).tokens());
    assertEquals(40, new PaceTest(0, 32, 8, 5).length());
  }

  @Test
  void aTestWithoutTokensIsRefused() {
    assertEquals(
        "Pace test: prompt = 0, generated = 0, depth = 0, batch = 1; expected 0 or more of each,"
            + " some tokens, and a batch of 1 or more. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> new PaceTest(0, 0, 0, 1)).getMessage());
    assertEquals(
        "Pace test: sequences of 2147483648 tokens; expected at most 2147483647. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> new PaceTest(Integer.MAX_VALUE, 1, 0, 1))
            .getMessage());
  }

  @Test
  void theProfileAddsUp() {
    PaceTest test = new PaceTest(0, 3, 5, 2);
    EngineOptions sized = PaceMeter.size(EngineOptions.builder().threads(1), List.of(test)).build();
    try (StepRunner runner = StepRunner.build(new TinyModel(), sized)) {
      PaceMeter meter = new PaceMeter(runner, sized, TinyModel.VOCABULARY);
      meter.fill(test, ProgressListener.NONE);
      OpProfile profile = new OpProfile();
      long nanos = meter.run(test, profile::run);
      long inside = profile.shares().stream().mapToLong(OpProfile.Share::nanos).sum();
      assertEquals(profile.nanos(), inside + profile.outsideNanos());
      assertTrue(
          profile.nanos() <= nanos && profile.outsideNanos() > 0, profile.nanos() + " of " + nanos);
      OpProfile.Share attention =
          profile.shares().stream()
              .filter(share -> share.op().equals("mla_decode_attention"))
              .findFirst()
              .orElseThrow();
      assertEquals(6, attention.runs()); // 2 layers, 3 steps
      // Keys of one sequence: 6 + 7 + 8. 3 heads: 2 * (16 + 4) + 2 * 16 + 4 = 76. Rows of 20 F32.
      assertEquals(2 * 2 * 21 * 3 * 76.0, attention.cost().orElseThrow().flops());
      assertEquals(2 * 2 * 21 * 80.0, attention.cost().orElseThrow().cacheBytes());
      assertEquals(Set.of(), profile.uncounted());
      double flops =
          profile.shares().stream().mapToDouble(share -> share.cost().orElseThrow().flops()).sum();
      assertEquals(profile.cost().flops(), flops);
    }
  }
}
