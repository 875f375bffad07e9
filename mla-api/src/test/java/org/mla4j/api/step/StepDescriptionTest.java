package org.mla4j.api.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.step.Phase.DECODE;
import static org.mla4j.api.step.Phase.PREFILL;
import static org.mla4j.api.testing.Refusals.assertRefused;
import static org.mla4j.api.testing.Steps.add;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.mla4j.api.testing.Steps;

/** The step holds 8 tokens and 3 logit rows in 4 sequences of up to 12 tokens; 9 blocks of 4. */
class StepDescriptionTest {
  private final Arena arena = Arena.ofConfined();
  private final StepDescription step = Steps.empty(arena);

  @AfterEach
  void free() {
    arena.close();
  }

  private static void assertInvalid(String problem, Executable attempt) {
    assertRefused("Step description: " + problem + ". [MLA-0303]", attempt);
  }

  private static long[] numbers(int count, IntToLongFunction of) {
    return IntStream.range(0, count).mapToLong(of).toArray();
  }

  @Nested
  class Empty {
    @Test
    void hasNothing() {
      assertEquals(0, step.tokens());
      assertEquals(0, step.sequences());
      assertEquals(0, step.decodeSequences());
      assertEquals(0, step.count(Rows.ALL));
      assertEquals(0, step.count(Rows.DECODE));
      assertEquals(0, step.count(Rows.PREFILL));
      assertEquals(0, step.count(Rows.LOGITS));
      assertFalse(step.isProfiling());
      assertTrue(step.hasSlotMapping());
    }

    @Test
    void knowsItsLimits() {
      assertEquals(Steps.limits(), step.limits());
    }
  }

  @Nested
  class Sequences {
    @Test
    void areNumberedAsTheyCome() {
      assertEquals(0, add(step, DECODE, 5, 1, 1, 2));
      assertEquals(1, add(step, PREFILL, 0, 3, 3));
      assertEquals(2, step.sequences());
      assertEquals(1, step.decodeSequences());
    }

    @Test
    void tokensFollowEachOther() {
      add(step, DECODE, 5, 1, 1, 2);
      add(step, PREFILL, 0, 3, 3);
      assertArrayEquals(new long[] {100, 100, 101, 102}, numbers(4, step::tokenId));
      assertArrayEquals(new long[] {0, 1, 1, 1}, numbers(4, step::sequenceOf));
      assertArrayEquals(new long[] {0, 1, 4}, numbers(3, step::queryStart));
    }

    @Test
    void positionsGoOnAfterTheContext() {
      add(step, DECODE, 5, 3, 1, 2);
      add(step, PREFILL, 0, 3, 3);
      assertArrayEquals(new long[] {5, 6, 7, 0, 1, 2}, numbers(6, step::position));
    }

    @Test
    void lengthIsContextAndNewTokens() {
      add(step, DECODE, 5, 3, 1, 2);
      add(step, PREFILL, 0, 3, 3);
      assertEquals(8, step.sequenceLength(0));
      assertEquals(3, step.queryLength(0));
      assertEquals(3, step.sequenceLength(1));
    }

    @Test
    void slotsLieInTheBlockOfThePosition() {
      add(step, DECODE, 3, 2, 7, 5); // positions 3 and 4: the last of block 7, the first of 5
      assertArrayEquals(new long[] {7 * 4 + 3, 5 * 4}, numbers(2, step::slot));
    }

    @Test
    void blocksStayInTheirOrder() {
      add(step, DECODE, 8, 1, 9, 2, 4);
      add(step, DECODE, 0, 1, 6);
      assertArrayEquals(new long[] {9, 2, 4}, numbers(3, i -> step.block(0, i)));
      assertEquals(6, step.block(1, 0));
    }

    @Test
    void takeTheirTokensFromWithinAnArray() {
      step.addSequence(PREFILL, 0, new int[] {1, 2, 3, 4, 5}, 2, 2, new int[] {1, 0, 0}, 1);
      assertArrayEquals(new long[] {3, 4}, numbers(2, step::tokenId));
    }

    @Test
    void mayHaveNoNewTokens() {
      add(step, DECODE, 5, 0, 1, 2);
      add(step, DECODE, 0, 0);
      add(step, DECODE, 5, 1, 3, 4);
      assertEquals(3, step.decodeSequences());
      assertEquals(1, step.tokens());
      assertEquals(0, step.queryLength(0));
      assertEquals(5, step.sequenceLength(0));
      assertEquals(0, step.sequenceLength(1));
      assertEquals(2, step.sequenceOf(0));
    }

    @Test
    void mayReachTheLimits() {
      assertEquals(0, add(step, DECODE, 11, 1, 1, 2, 3)); // the longest sequence
      assertEquals(1, add(step, PREFILL, 0, 7, 4, 9)); // the last token of the step, the last block
      assertEquals(8, step.tokens());
    }

    @Test
    void areCountedByPhase() {
      add(step, DECODE, 5, 2, 1, 2);
      add(step, PREFILL, 0, 3, 3);
      add(step, PREFILL, 0, 1, 4);
      assertEquals(6, step.count(Rows.ALL));
      assertEquals(2, step.count(Rows.DECODE));
      assertEquals(4, step.count(Rows.PREFILL));
      assertEquals(0, step.firstToken(Rows.ALL));
      assertEquals(0, step.firstToken(Rows.DECODE));
      assertEquals(2, step.firstToken(Rows.PREFILL));
    }

    @Test
    void logitRowsAreNoRangeOfTokens() {
      assertInvalid("LOGITS rows are not a range of tokens", () -> step.firstToken(Rows.LOGITS));
    }
  }

  @Nested
  class RefusedSequences {
    @Test
    void decodeAfterPrefill() {
      add(step, PREFILL, 0, 1, 1);
      assertInvalid("decode sequence after a prefill sequence", () -> add(step, DECODE, 0, 1, 2));
    }

    @Test
    void oneTooMany() {
      for (int i = 0; i < 4; i++) {
        add(step, DECODE, 0, 1, 1 + i);
      }
      assertInvalid("more than maxSequences = 4 sequences", () -> add(step, PREFILL, 0, 1, 5));
    }

    @Test
    void contextBelowZero() {
      assertInvalid(
          "a context of -1 tokens; expected 0 or more", () -> add(step, DECODE, -1, 1, 1));
    }

    @Test
    void tokensThatTheArrayDoesNotHave() {
      int[] ids = {1, 2, 3};
      int[] block = {1};
      assertInvalid(
          "tokens 2 to 4 of 3 token ids", () -> step.addSequence(DECODE, 0, ids, 2, 2, block, 1));
      assertInvalid(
          "tokens -1 to 0 of 3 token ids", () -> step.addSequence(DECODE, 0, ids, -1, 1, block, 1));
    }

    @Test
    void moreTokensThanAStepHolds() {
      add(step, DECODE, 0, 6, 1, 2);
      assertInvalid(
          "6 + 3 tokens; expected at most maxTokens = 8", () -> add(step, PREFILL, 0, 3, 3));
      assertInvalid(
          "6 + -1 tokens; expected at most maxTokens = 8", () -> add(step, PREFILL, 0, -1, 3));
    }

    @Test
    void aSequenceThatIsTooLong() {
      assertInvalid(
          "a sequence of 13 tokens; expected at most 12", () -> add(step, DECODE, 12, 1, 1, 2, 3));
      assertInvalid(
          "a sequence of 2147483648 tokens; expected at most 12",
          () -> add(step, DECODE, Integer.MAX_VALUE, 1, 1, 2, 3));
      assertEquals(0, step.sequences());
    }

    @Test
    void blocksThatDoNotCoverTheTokens() {
      assertInvalid(
          "1 blocks of 4 for 5 tokens; expected 2 to 3", () -> add(step, DECODE, 4, 1, 1));
    }

    @Test
    void moreBlocksThanATableHolds() {
      assertInvalid(
          "4 blocks of 4 for 1 tokens; expected 1 to 3", () -> add(step, DECODE, 0, 1, 1, 2, 3, 4));
    }

    @Test
    void blocksThatHoldNoTokens() {
      assertInvalid("block 0; expected 1 to 9", () -> add(step, DECODE, 4, 1, 1, 0));
      assertInvalid("block 10; expected 1 to 9", () -> add(step, DECODE, 0, 1, 10));
    }

    @Test
    void leaveTheStepAsItWas() {
      add(step, DECODE, 5, 1, 1, 2);
      assertInvalid("block 10; expected 1 to 9", () -> add(step, DECODE, 0, 2, 10));
      assertEquals(1, step.sequences());
      assertEquals(1, step.tokens());
      assertEquals(1, step.count(Rows.DECODE));
    }
  }

  @Nested
  class Logits {
    private final Sampling warm = new Sampling(0.8f, 40, 0.9f, 0);

    @Test
    void ofTheNewestTokenComeWithTheirSampling() {
      add(step, DECODE, 5, 1, 1, 2);
      assertEquals(0, step.wantLastLogits(warm, 0.25));
      add(step, PREFILL, 0, 3, 3);
      assertEquals(1, step.wantLastLogits(Sampling.GREEDY, 0.5));
      assertEquals(2, step.count(Rows.LOGITS));
      assertArrayEquals(new long[] {0, 3}, numbers(2, step::logitToken));
      assertSame(warm, step.sampling(0));
      assertSame(Sampling.GREEDY, step.sampling(1));
      assertEquals(0.25, step.draw(0));
      assertEquals(0.5, step.draw(1));
    }

    @Test
    void ofEveryTokenOfASequenceAreGreedy() {
      add(step, DECODE, 5, 1, 1, 2);
      add(step, PREFILL, 0, 3, 3);
      step.wantAllLogits();
      assertArrayEquals(new long[] {1, 2, 3}, numbers(3, step::logitToken));
      assertTrue(step.sampling(2).isGreedy());
    }

    @Test
    void needASequenceWithNewTokens() {
      assertInvalid(
          "logits wanted of a sequence without new tokens", () -> step.wantLastLogits(warm, 0));
      add(step, DECODE, 5, 1, 1, 2);
      add(step, DECODE, 5, 0, 3, 4);
      assertInvalid(
          "logits wanted of a sequence without new tokens", () -> step.wantLastLogits(warm, 0));
      assertInvalid("logits wanted before a sequence was added", Steps.empty(arena)::wantAllLogits);
    }

    @Test
    void areDrawnWithANumberBelowOne() {
      add(step, PREFILL, 0, 1, 1);
      assertInvalid(
          "draw 1.0; expected a number of [0, 1)", () -> step.wantLastLogits(Sampling.GREEDY, 1));
      assertInvalid(
          "draw NaN; expected a number of [0, 1)",
          () -> step.wantLastLogits(Sampling.GREEDY, Double.NaN));
    }

    @Test
    void haveALimit() {
      add(step, PREFILL, 0, 4, 1);
      assertInvalid("more than maxLogitRows = 3 logit rows wanted", step::wantAllLogits);
    }
  }

  @Nested
  class Slots {
    @Test
    void ofAPaddingTokenAreNegative() {
      add(step, DECODE, 0, 2, 1);
      step.skipSlot(1);
      assertEquals(4, step.slot(0));
      assertEquals(StepDescription.NO_SLOT, step.slot(1));
      assertTrue(StepDescription.NO_SLOT < 0);
    }

    @Test
    void areSkippedOfTokensThatThereAre() {
      add(step, DECODE, 0, 2, 1);
      assertInvalid("token 2 of 2 to skip the slot of", () -> step.skipSlot(2));
      assertInvalid("token -1 of 2 to skip the slot of", () -> step.skipSlot(-1));
    }

    @Test
    void mayBeLeftOutAltogether() {
      add(step, DECODE, 0, 2, 1);
      step.omitSlotMapping();
      assertFalse(step.hasSlotMapping());
      assertFalse(step.isProfiling());
    }
  }

  @Nested
  class BlockCopies {
    @Test
    void runInTheOrderInWhichTheyAreAdded() {
      step.copyBlock(1, 9);
      step.copyBlock(9, 2);
      assertEquals(2, step.count(Rows.BLOCK_COPIES));
      assertEquals(1, step.copySource(0));
      assertEquals(9, step.copyTarget(0));
      assertEquals(9, step.copySource(1));
      assertEquals(2, step.copyTarget(1));
    }

    @Test
    void areOfTwoDifferentBlocksThatHoldTokens() {
      assertCopyRefused(0, 1);
      assertCopyRefused(1, 0);
      assertCopyRefused(10, 1);
      assertCopyRefused(1, 10);
      assertCopyRefused(3, 3);
      assertEquals(0, step.count(Rows.BLOCK_COPIES));
    }

    private void assertCopyRefused(int from, int to) {
      assertRefused(
          "Step description: copy of block "
              + from
              + " to block "
              + to
              + "; expected two different blocks of 1 to 9. [MLA-0303]",
          () -> step.copyBlock(from, to));
    }

    @Test
    void areNoMoreThanBlocks() {
      for (int i = 0; i < 10; i++) {
        step.copyBlock(1, 2);
      }
      assertRefused(
          "Step description: more block copies than blocks = 10. [MLA-0303]",
          () -> step.copyBlock(1, 2));
    }

    @Test
    void areGoneInTheNextStep() {
      step.copyBlock(1, 2);
      step.clear();
      assertEquals(0, step.count(Rows.BLOCK_COPIES));
      assertThrows(IndexOutOfBoundsException.class, () -> step.copySource(0));
      assertThrows(IndexOutOfBoundsException.class, () -> step.copyTarget(0));
    }

    @Test
    void areNoRangeOfTokens() {
      assertRefused(
          "Step description: BLOCK_COPIES rows are not a range of tokens. [MLA-0303]",
          () -> step.firstToken(Rows.BLOCK_COPIES));
      assertEquals(10, step.limits().max(Rows.BLOCK_COPIES));
    }
  }

  @Nested
  class Profiling {
    @Test
    void hasTokensWithoutSequences() {
      add(step, DECODE, 5, 1, 1, 2);
      step.profile(3);
      assertTrue(step.isProfiling());
      assertFalse(step.hasSlotMapping());
      assertEquals(3, step.tokens());
      assertEquals(0, step.sequences());
      assertArrayEquals(new long[] {0, 0, 0}, numbers(3, step::tokenId));
      assertArrayEquals(new long[] {0, 0, 0}, numbers(3, step::position));
      assertArrayEquals(new long[] {-1, -1, -1}, numbers(3, step::slot));
      assertArrayEquals(new long[] {-1, -1, -1}, numbers(3, step::sequenceOf));
    }

    @Test
    void mayHaveNoTokens() {
      step.profile(0);
      assertTrue(step.isProfiling());
      assertEquals(0, step.tokens());
    }

    @Test
    void hasTheSameLimit() {
      step.profile(8);
      assertEquals(8, step.tokens());
      assertInvalid("9 tokens to profile; expected 0 to maxTokens = 8", () -> step.profile(9));
      assertInvalid("-1 tokens to profile; expected 0 to maxTokens = 8", () -> step.profile(-1));
    }
  }

  @Nested
  class Clearing {
    @Test
    void emptiesTheStep() {
      add(step, DECODE, 5, 1, 1, 2);
      step.wantLastLogits(Sampling.GREEDY, 0);
      step.omitSlotMapping();
      step.clear();
      assertEquals(0, step.tokens());
      assertEquals(0, step.sequences());
      assertEquals(0, step.decodeSequences());
      assertEquals(0, step.count(Rows.DECODE));
      assertEquals(0, step.count(Rows.LOGITS));
      assertTrue(step.hasSlotMapping());
    }

    @Test
    void endsProfiling() {
      step.profile(3);
      step.clear();
      assertFalse(step.isProfiling());
      assertTrue(step.hasSlotMapping());
    }

    @Test
    void givesTheStepAnotherNumber() {
      long first = step.number();
      step.clear();
      assertNotEquals(first, step.number());
      long second = step.number();
      step.profile(1);
      assertNotEquals(second, step.number());
    }

    @Test
    void letsTheNextStepStartOver() {
      add(step, PREFILL, 0, 3, 3);
      step.clear();
      assertEquals(0, add(step, DECODE, 3, 1, 3));
      assertArrayEquals(new long[] {0, 1}, numbers(2, step::queryStart));
    }
  }

  /** What a backend copies to its device. */
  @Nested
  class Segments {
    @Test
    void areAsLongAsTheLimits() {
      assertEquals(8 * 4, step.tokenIds().byteSize());
      assertEquals(8 * 8, step.positions().byteSize());
      assertEquals(8 * 8, step.slots().byteSize());
      assertEquals(8 * 4, step.tokenSequences().byteSize());
      assertEquals(5 * 4, step.queryStarts().byteSize());
      assertEquals(4 * 4, step.sequenceLengths().byteSize());
      assertEquals(4 * 3 * 4, step.blockTables().byteSize());
      assertEquals(3 * 4, step.logitTokens().byteSize());
    }

    @Test
    void holdWhatTheAccessorsTell() {
      add(step, DECODE, 5, 1, 1, 2);
      add(step, PREFILL, 0, 2, 3);
      step.wantLastLogits(Sampling.GREEDY, 0);
      assertEquals(101, step.tokenIds().getAtIndex(ValueLayout.JAVA_INT, 2));
      assertEquals(5, step.positions().getAtIndex(ValueLayout.JAVA_LONG, 0));
      assertEquals(13, step.slots().getAtIndex(ValueLayout.JAVA_LONG, 2));
      assertEquals(1, step.tokenSequences().getAtIndex(ValueLayout.JAVA_INT, 2));
      assertEquals(3, step.queryStarts().getAtIndex(ValueLayout.JAVA_INT, 2));
      assertEquals(6, step.sequenceLengths().getAtIndex(ValueLayout.JAVA_INT, 0));
      assertEquals(3, step.blockTables().getAtIndex(ValueLayout.JAVA_INT, 3));
      assertEquals(2, step.logitTokens().getAtIndex(ValueLayout.JAVA_INT, 0));
    }
  }
}
