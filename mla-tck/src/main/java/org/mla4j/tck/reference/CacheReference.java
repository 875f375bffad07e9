package org.mla4j.tck.reference;

import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.step.StepDescription;

/** Ops that move rows to and from caches. */
final class CacheReference {
  private CacheReference() {}

  static void concat(ConcatAndCacheMla op, StepMemory memory) {
    StepDescription step = memory.step();
    if (!step.hasSlotMapping() || step.limits().blocks() == 0) {
      return;
    }
    for (int row = 0; row < memory.rows(op.kvC()); row++) {
      long slot = step.slot(memory.token(op.kvC(), row));
      if (slot >= 0) {
        double[] latent = memory.row(op.kvC(), row);
        double[] rope = op.kPe() == null ? new double[0] : memory.row(op.kPe(), row);
        write(op, slot, latent, rope, memory);
      }
    }
  }

  private static void write(
      ConcatAndCacheMla op, long slot, double[] latent, double[] rope, StepMemory memory) {
    double[] row = java.util.Arrays.copyOf(latent, latent.length + rope.length);
    System.arraycopy(rope, 0, row, latent.length, rope.length);
    memory.cacheModel(op.cache()).putRow(slot, row);
  }

  static void copyBlocks(CopyBlocks op, StepMemory memory) {
    StepDescription step = memory.step();
    for (int i = 0; i < step.count(org.mla4j.api.step.Rows.BLOCK_COPIES); i++) {
      memory.cacheModel(op.cache()).copyBlock(step.copySource(i), step.copyTarget(i));
    }
  }

  static void gather(GatherCache op, StepMemory memory) {
    StepDescription step = memory.step();
    for (int row = 0; row < memory.rows(op.out()); row++) {
      long slot = memory.slot(step.contextSequence(row), step.contextPosition(row));
      memory.setRow(op.out(), row, memory.cacheModel(op.cache()).decode(slot));
    }
  }
}
