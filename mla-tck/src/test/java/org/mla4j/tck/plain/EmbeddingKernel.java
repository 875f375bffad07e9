package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.step.StepDescription;

/** {@code out[t] = table[token_ids[t]]}. */
final class EmbeddingKernel extends RowKernel {
  private final FloatWeight table;
  private final RowView out;

  EmbeddingKernel(Embedding op, Bindings bindings, PlainContext context) {
    super(context, op.out().rows());
    table = context.weights().take(op.table());
    out = new RowView(bindings, op.out(), context);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int id = step.tokenId(out.token(step, row));
    long at = out.at(step, row);
    for (int i = 0; i < table.columns(); i++) {
      out.set(at, i, table.get(id, i));
    }
  }
}
