package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.DecompressedOperands;

/** {@code mla_prefill_attention}: every token sees its sequence's new tokens up to itself. */
final class ScalarPrefillAttention implements Kernel {
  private final DecompressedAttention attention;

  ScalarPrefillAttention(MlaPrefillAttention op, Bindings bindings, CpuContext context) {
    Rows rows = op.kNope().rows();
    attention =
        new DecompressedAttention(
            DecompressedOperands.of(op),
            (step, token) -> step.queryStart(step.sequenceOf(token)) - step.firstToken(rows),
            (step, token) -> token - step.firstToken(rows) + 1,
            bindings,
            context);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    attention.forward(step);
  }
}
