package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.step.StepDescription;

/** Rotates queries and key of each token in place. */
final class RotaryKernel extends RowKernel {
  private final RowView q;
  private final RowView k;
  private final Rotation rotation;
  private final boolean skips;

  RotaryKernel(RotaryEmbedding op, Bindings bindings, PlainContext context) {
    super(context, op.q().rows());
    q = new RowView(bindings, op.q(), context);
    k = new RowView(bindings, op.k(), context);
    rotation = new Rotation(context.weights().take(op.table()), op.style(), context);
    skips = context.wrong(Mistake.ROPE_SKIPPED_WITH_WRITE);
  }

  @Override
  void begin(StepDescription step) {
    rotation.require(step, q.rows());
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int token = q.token(step, row);
    if (skips && (!step.hasSlotMapping() || step.slot(token) < 0)) {
      return;
    }
    int position = step.position(token);
    rotation.turn(q, q.at(step, row), position);
    rotation.turn(k, k.at(step, row), position);
  }
}
