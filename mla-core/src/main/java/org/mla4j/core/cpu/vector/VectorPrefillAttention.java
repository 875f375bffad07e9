package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.DecompressedOperands;

/** {@code mla_prefill_attention}: every token sees its sequence's new tokens up to itself. */
final class VectorPrefillAttention extends DecompressedAttention {
  VectorPrefillAttention(
      MlaPrefillAttention op, Bindings bindings, CpuContext context, Scratch scratch) {
    super(DecompressedOperands.of(op), bindings, context, scratch);
  }

  @Override
  int firstKey(StepDescription step, QueryBlocks blocks, int block) {
    return blocks.firstRow(block) - blocks.index(block);
  }

  @Override
  int keys(StepDescription step, QueryBlocks blocks, int block) {
    return blocks.index(block) + blocks.rows(block);
  }

  @Override
  int seen(QueryBlocks blocks, int block, int row, int keys) {
    return blocks.index(block) + row + 1;
  }
}
