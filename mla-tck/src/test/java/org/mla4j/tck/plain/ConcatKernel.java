package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.step.StepDescription;

/** Writes latent and rotary key of each token to its cache row. */
final class ConcatKernel extends RowKernel {
  private final RowView kvC;
  private final CacheWriter writer;

  ConcatKernel(ConcatAndCacheMla op, Bindings bindings, PlainContext context) {
    super(context, op.kvC().rows());
    kvC = new RowView(bindings, op.kvC(), context);
    writer = writer(op, bindings, context);
  }

  static CacheWriter writer(ConcatAndCacheMla op, Bindings bindings, PlainContext context) {
    @Nullable RowView key = op.kPe() == null ? null : new RowView(bindings, op.kPe(), context);
    return new CacheWriter(
        CacheStore.of(op.cache(), bindings, context),
        new RowView(bindings, op.kvC(), context),
        key,
        context);
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    writer.write(step, kvC.token(step, row));
  }
}
