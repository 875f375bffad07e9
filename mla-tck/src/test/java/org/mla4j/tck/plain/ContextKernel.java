package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.step.StepDescription;

/** Attention of prefill tokens to the rows of the open context pass. */
final class ContextKernel extends RowKernel {
  private final HeadKeys attention;

  ContextKernel(MlaContextAttention op, Bindings bindings, PlainContext context) {
    super(context, op.qNope().rows());
    HeadKeys.Operands operands =
        new HeadKeys.Operands(
            op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.out(), op.lse());
    attention = new HeadKeys(operands, op.scale(), bindings, context);
  }

  @Override
  void begin(StepDescription step) {
    attention.begin();
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    if (step.isProfiling()) {
      attention.attend(step, row, 0, 0, worker);
      return;
    }
    int sequence = step.sequenceOf(attention.queries().token(step, row));
    attention.attend(
        step, row, step.contextRowStart(sequence), step.contextLength(sequence), worker);
  }
}
