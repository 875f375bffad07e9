package org.mla4j.core.cpu.vector;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.DecompressedOperands;

/** {@code mla_context_attention}: every token sees all context rows of its sequence. */
final class VectorContextAttention extends DecompressedAttention {
  VectorContextAttention(
      MlaContextAttention op, Bindings bindings, CpuContext context, Scratch scratch) {
    super(DecompressedOperands.of(op), bindings, context, scratch);
  }

  @Override
  int firstKey(StepDescription step, QueryBlocks blocks, int block) {
    return step.contextRowStart(blocks.sequence(block));
  }

  @Override
  int keys(StepDescription step, QueryBlocks blocks, int block) {
    return step.contextLength(blocks.sequence(block));
  }

  @Override
  int seen(QueryBlocks blocks, int block, int row, int keys) {
    return keys;
  }
}
