package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;

/** Attention in latent space over the cache. */
final class DecodeKernel extends RowKernel {
  private final RowView qLatent;
  private final LatentAttention attention;
  private final CachedKeys keys;

  DecodeKernel(MlaDecodeAttention op, Bindings bindings, PlainContext context) {
    super(context, op.qLatent().rows());
    qLatent = new RowView(bindings, op.qLatent(), context);
    attention =
        new LatentAttention(
            qLatent,
            optional(op.qPe(), bindings, context),
            new RowView(bindings, op.oLatent(), context),
            optional(op.lse(), bindings, context),
            op.scale(),
            context);
    keys = new CachedKeys(CacheStore.of(op.cache(), bindings, context), context);
  }

  static @Nullable RowView optional(
      @Nullable StepValue value, Bindings bindings, PlainContext context) {
    return value == null ? null : new RowView(bindings, value, context);
  }

  @Override
  void begin(StepDescription step) {
    attention.begin();
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int token = qLatent.token(step, row);
    int count = keys.count(step, token);
    for (int j = 0; j < count; j++) {
      long slot = keys.slot(step, token, j);
      for (int i = 0; i < attention.width(); i++) {
        attention.key(worker, j, i, keys.get(slot, i));
      }
    }
    attention.attend(step, row, count, worker);
  }
}
