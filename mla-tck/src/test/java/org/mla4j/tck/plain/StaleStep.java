package org.mla4j.tck.plain;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;

/** A step as a graph sees it that took something of its first replay for constant. */
final class StaleStep {
  private final StepDescription seen;
  private final boolean wholeBatch;
  private int @Nullable [][] tables;

  StaleStep(StepLimits limits, boolean wholeBatch) {
    this.seen = new StepDescription(limits, Arena.ofAuto());
    this.wholeBatch = wholeBatch;
  }

  StepDescription of(StepDescription step) {
    if (tables == null) {
      tables = tables(step);
    } else if (wholeBatch) {
      return seen;
    }
    seen.clear();
    for (int sequence = 0; sequence < step.sequences(); sequence++) {
      add(step, sequence, sequence < tables.length ? tables[sequence] : table(step, sequence));
    }
    for (int token = 0; token < step.tokens(); token++) {
      if (step.slot(token) < 0) {
        seen.skipSlot(token);
      }
    }
    if (!step.hasSlotMapping()) {
      seen.omitSlotMapping();
    }
    return seen;
  }

  private void add(StepDescription step, int sequence, int[] table) {
    int first = step.queryStart(sequence);
    int count = step.queryLength(sequence);
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = step.tokenId(first + i);
    }
    int[] blocks = table(step, sequence);
    System.arraycopy(table, 0, blocks, 0, Math.min(table.length, blocks.length));
    int context = step.sequenceLength(sequence) - count;
    seen.addSequence(Phase.DECODE, context, ids, 0, count, blocks, blocks.length);
    if (count > 0 && wantsLogits(step, first + count - 1)) {
      seen.wantLastLogits(Sampling.GREEDY, 0);
    }
  }

  private static boolean wantsLogits(StepDescription step, int token) {
    for (int row = 0; row < step.count(Rows.LOGITS); row++) {
      if (step.logitToken(row) == token) {
        return true;
      }
    }
    return false;
  }

  private static int[][] tables(StepDescription step) {
    int[][] tables = new int[step.sequences()][];
    for (int sequence = 0; sequence < tables.length; sequence++) {
      tables[sequence] = table(step, sequence);
    }
    return tables;
  }

  private static int[] table(StepDescription step, int sequence) {
    int blockSize = step.limits().blockSize();
    int[] blocks = new int[Math.ceilDiv(step.sequenceLength(sequence), blockSize)];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = step.block(sequence, i);
    }
    return blocks;
  }
}
