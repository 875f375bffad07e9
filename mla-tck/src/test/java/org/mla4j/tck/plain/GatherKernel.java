package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.step.StepDescription;

/** Copies the cache rows of the open context pass. */
final class GatherKernel extends RowKernel {
  private final CacheStore cache;
  private final RowView out;
  private final Pages pages;
  private final boolean fromZero;

  GatherKernel(GatherCache op, Bindings bindings, PlainContext context) {
    super(context, op.out().rows());
    cache = CacheStore.of(op.cache(), bindings, context);
    out = new RowView(bindings, op.out(), context);
    pages = new Pages(context);
    fromZero = context.wrong(Mistake.GATHER_FROM_ZERO);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int sequence = step.contextSequence(row);
    int start = fromZero ? 0 : step.contextStart(sequence);
    int position = start + row - step.contextRowStart(sequence);
    long slot = pages.slot(step, sequence, position);
    long at = out.at(step, row);
    for (int i = 0; i < cache.width(); i++) {
      out.set(at, i, cache.get(slot, i));
    }
  }
}
