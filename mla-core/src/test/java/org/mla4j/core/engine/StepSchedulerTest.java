package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.options.EngineOptions;

/** What a step is made of: pure policy, without a model. */
class StepSchedulerTest {
  private static final StepLimits LIMITS = new StepLimits(16, 8, 128, 4, 400);

  private final StepDescription step = new StepDescription(LIMITS, Arena.ofAuto());
  private final List<Sequence> running = new ArrayList<>();
  private int usedBlocks;

  @Test
  void newPromptsFollowThoseThatDecode() {
    running(10, 0);
    running(8, 8);
    running(4, 0);
    assertEquals("decode 1@8 | prefill 10@0 4@0", schedule(EngineOptions.builder()));
    assertEquals(3, step.count(Rows.LOGITS));
  }

  @Test
  void aLongPromptLeavesATokenToEveryoneWhoDecodes() {
    running(40, 0);
    running(5, 5);
    running(6, 6);
    assertEquals("decode 1@5 1@6 | prefill 14@0", schedule(EngineOptions.builder()));
    assertEquals(2, step.count(Rows.LOGITS), "the prompt is not through");
    running.getFirst().computed = 14;
    running.get(1).computed = 4;
    running.get(2).computed = 5;
    assertEquals("decode 14@14 1@4 1@5 | prefill", schedule(EngineOptions.builder()));
  }

  @Test
  void longPiecesWithContextAreExtendedAndShortOnesDecoded() {
    running(30, 20);
    running(9, 6);
    running(3, 0);
    assertEquals(
        "decode 3@6 | prefill 10@20 3@0", schedule(EngineOptions.builder().decodeThreshold(4)));
    assertEquals(
        "decode 10@20 3@6 | prefill 3@0", schedule(EngineOptions.builder().decodeThreshold(10)));
  }

  @Test
  void aSingleTokenWithoutContextIsAPrompt() {
    running(1, 0);
    assertEquals("decode | prefill 1@0", schedule(EngineOptions.builder()));
  }

  @Test
  void noPromptTakesMoreThanAChunk() {
    running(40, 0);
    running(40, 7);
    running(2, 0);
    assertEquals("decode 5@7 | prefill 5@0 2@0", schedule(EngineOptions.builder().promptChunk(5)));
  }

  @Test
  void whoDoesNotFitWaits() {
    running(16, 0);
    running(3, 0);
    assertEquals("decode | prefill 16@0", schedule(EngineOptions.builder()));
    assertEquals(0, running.get(1).scheduled);
  }

  @Test
  void deterministicModeHasOneForm() {
    running(10, 0);
    running(8, 8);
    running(40, 20);
    assertEquals(
        "decode 1@8 15@20 | prefill", schedule(EngineOptions.builder().deterministic(true)));
    running.remove(2);
    assertEquals(
        "decode 10@0 1@8 | prefill", schedule(EngineOptions.builder().deterministic(true)));
  }

  /** A sequence with a prompt of some length; one that computed all of it has drawn a token. */
  private void running(int prompt, int computed) {
    GenerationRequest request = GenerationRequest.builder(new int[prompt]).maxTokens(4).build();
    int blocks = Math.ceilDiv(prompt + 4, LIMITS.blockSize());
    Sequence sequence =
        new Sequence(new Generation(request, 4, () -> {}), request, prompt + 4, blocks);
    for (int i = 0; i < blocks; i++) {
      sequence.blocks[i] = ++usedBlocks;
    }
    sequence.computed = computed;
    sequence.length = computed == prompt ? prompt + 1 : prompt;
    running.add(sequence);
  }

  private String schedule(EngineOptions.Builder options) {
    new StepScheduler(LIMITS, options.build()).schedule(step, running);
    return "decode"
        + sequences(0, step.decodeSequences())
        + " | prefill"
        + sequences(step.decodeSequences(), step.sequences());
  }

  /** New tokens at the length of the context, for each sequence. */
  private String sequences(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(
            i -> " " + step.queryLength(i) + "@" + (step.sequenceLength(i) - step.queryLength(i)))
        .reduce("", String::concat);
  }
}
