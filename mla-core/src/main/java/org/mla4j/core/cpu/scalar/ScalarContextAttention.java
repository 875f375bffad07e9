package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.DecompressedOperands;

/** {@code mla_context_attention}: every token sees all context rows of its sequence. */
final class ScalarContextAttention implements Kernel {
  private final DecompressedAttention attention;

  ScalarContextAttention(MlaContextAttention op, Bindings bindings, CpuContext context) {
    attention =
        new DecompressedAttention(
            DecompressedOperands.of(op),
            ScalarContextAttention::firstKey,
            ScalarContextAttention::endKey,
            bindings,
            context);
  }

  private static int firstKey(StepDescription step, int token) {
    return step.contextRowStart(step.sequenceOf(token));
  }

  private static int endKey(StepDescription step, int token) {
    return step.contextRowStart(step.sequenceOf(token) + 1);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    attention.forward(step);
  }
}
