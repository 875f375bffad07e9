package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.step.StepDescription;

/** Causal attention among the new tokens of each sequence. */
final class PrefillKernel extends RowKernel {
  private final HeadKeys attention;
  private final Causal causal;

  PrefillKernel(MlaPrefillAttention op, Bindings bindings, PlainContext context) {
    super(context, op.qNope().rows());
    HeadKeys.Operands operands =
        new HeadKeys.Operands(
            op.qNope(), op.qPe(), op.kNope(), op.kPe(), op.v(), op.out(), op.lse());
    attention = new HeadKeys(operands, op.scale(), bindings, context);
    causal = new Causal(context);
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
    int token = attention.queries().token(step, row);
    int sequence = step.sequenceOf(token);
    int first = step.queryStart(sequence);
    int count = causal.visible(token - first, step.queryLength(sequence));
    int firstKey = first - step.firstToken(attention.keys().rows());
    attention.attend(step, row, firstKey, count, worker);
  }
}
