package org.mla4j.api.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;

/** How the context of prefill sequences is cut into passes. */
class ContextPassTest {
  private static final int BLOCK = 4;

  @Test
  void aStepWithoutContextHasNoPass() {
    StepDescription step = step(8);
    add(step, Phase.DECODE, 9, 1);
    add(step, Phase.PREFILL, 0, 5);
    assertEquals(0, step.contextPasses());
    assertEquals(-1, step.contextPass());
    assertEquals(0, step.count(Rows.CONTEXT));
  }

  @Test
  void everyContextIsTakenUpOnceInOrder() {
    StepDescription step = step(9);
    add(step, Phase.DECODE, 30, 1);
    add(step, Phase.PREFILL, 7, 2);
    add(step, Phase.PREFILL, 0, 3);
    add(step, Phase.PREFILL, 10, 1);
    // Two contexts share 9 rows: 4 each, which is a whole block.
    assertEquals(List.of("1:0-4 3:0-4", "1:4-7 3:4-8", "3:8-10"), passes(step));
  }

  @Test
  void piecesAreWholeBlocksUnlessTheyAreShorterThanOne() {
    StepDescription step = step(7);
    add(step, Phase.PREFILL, 9, 1);
    assertEquals(List.of("0:0-4", "0:4-8", "0:8-9"), passes(step));

    StepDescription narrow = step(4);
    add(narrow, Phase.PREFILL, 3, 1);
    add(narrow, Phase.PREFILL, 2, 1);
    add(narrow, Phase.PREFILL, 1, 1);
    assertEquals(List.of("0:0-1 1:0-1 2:0-1", "0:1-2 1:1-2", "0:2-3"), passes(narrow));
  }

  @Test
  void aSequenceWithoutNewTokensNeedsNoContext() {
    StepDescription step = step(8);
    add(step, Phase.PREFILL, 7, 0);
    assertEquals(0, step.contextPasses());
    add(step, Phase.PREFILL, 5, 1);
    assertEquals(List.of("1:0-5"), passes(step));
  }

  @Test
  void rowsOfThePassAreGoneWhenItIsClosed() {
    StepDescription step = step(8);
    add(step, Phase.PREFILL, 5, 1);
    step.openContextPass(0);
    assertEquals(5, step.count(Rows.CONTEXT));
    step.closeContextPass();
    assertEquals(0, step.count(Rows.CONTEXT));
    step.openContextPass(0);
    step.clear();
    assertEquals(0, step.count(Rows.CONTEXT));
    assertEquals(0, step.contextPasses());
  }

  @Test
  void refusesAPassThatThereIsNot() {
    StepDescription step = step(8);
    add(step, Phase.PREFILL, 5, 1);
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> step.openContextPass(1));
    assertEquals("Step description: context pass 1 of 1. [MLA-0303]", e.getMessage());
  }

  @Test
  void aPassHasRoomForATokenOfEverySequence() {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> new StepLimits(8, 4, 16, 4, 8, 8, 3));
    assertEquals("StepLimits: contextTokens = 3; expected 4 or more. [MLA-0401]", e.getMessage());
  }

  private static StepDescription step(int contextTokens) {
    return new StepDescription(
        new StepLimits(32, 4, 64, BLOCK, 200, 32, contextTokens), Arena.ofAuto());
  }

  private static void add(StepDescription step, Phase phase, int context, int count) {
    int blocks = Math.ceilDiv(context + count, BLOCK);
    step.addSequence(
        phase,
        context,
        new int[count],
        0,
        count,
        IntStream.rangeClosed(1, blocks).toArray(),
        blocks);
  }

  /** For each pass, the positions it takes up of each sequence: {@code sequence:from-to}. */
  private static List<String> passes(StepDescription step) {
    List<String> passes = new ArrayList<>();
    for (int pass = 0; pass < step.contextPasses(); pass++) {
      step.openContextPass(pass);
      List<String> pieces = new ArrayList<>();
      for (int sequence = 0; sequence < step.sequences(); sequence++) {
        int length = step.contextLength(sequence);
        if (length > 0) {
          int start = step.contextStart(sequence);
          pieces.add(sequence + ":" + start + "-" + (start + length));
          for (int i = 0; i < length; i++) {
            int row = step.contextRowStart(sequence) + i;
            assertEquals(sequence, step.contextSequence(row));
            assertEquals(start + i, step.contextPosition(row));
          }
        }
      }
      passes.add(String.join(" ", pieces));
    }
    return passes;
  }
}
