package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.step.StepDescription;

/** Copies live rows bit by bit. */
final class CopyToKernel extends RowKernel {
  private final RowView from;
  private final RowView to;
  private final boolean whole;

  CopyToKernel(CopyTo op, Bindings bindings, PlainContext context) {
    super(context, op.from().rows());
    from = new RowView(bindings, op.from(), context);
    to = new RowView(bindings, op.to(), context);
    whole = context.wrong(Mistake.DEAD_ROWS_COPIED);
  }

  @Override
  int rows(StepDescription step) {
    return whole ? step.limits().max(kind()) : super.rows(step);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int bytes = from.dtype().byteSize();
    for (int i = 0; i < from.width(); i++) {
      MemorySegment.copy(
          from.memory(),
          from.address(from.at(step, row), i),
          to.memory(),
          to.address(to.at(step, row), i),
          bytes);
    }
  }
}
