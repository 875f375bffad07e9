package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/**
 * Attention of decode and prefill tokens alike, in latent space. Decode tokens see the cache;
 * prefill tokens see it up to where their new tokens begin, and those as they were computed.
 */
final class MixedAttentionKernel extends RowKernel {
  private final RowView qLatent;
  private final @Nullable RowView kvC;
  private final @Nullable RowView kPe;
  private final LatentAttention attention;
  private final CachedKeys keys;

  /**
   * The values around the attention, by role; without a latent even new tokens are seen through
   * the cache.
   */
  record Operands(
      StepValue qLatent,
      @Nullable StepValue qPe,
      @Nullable StepValue kvC,
      @Nullable StepValue kPe,
      CacheValue cache,
      StepValue oLatent) {}

  MixedAttentionKernel(
      Operands operands, double scale, Bindings bindings, PlainContext context) {
    super(context, Rows.ALL);
    qLatent = new RowView(bindings, operands.qLatent(), context);
    kvC = DecodeKernel.optional(operands.kvC(), bindings, context);
    kPe = DecodeKernel.optional(operands.kPe(), bindings, context);
    attention =
        new LatentAttention(
            qLatent,
            DecodeKernel.optional(operands.qPe(), bindings, context),
            new RowView(bindings, operands.oLatent(), context),
            null,
            scale,
            context);
    keys = new CachedKeys(CacheStore.of(operands.cache(), bindings, context), context);
  }

  @Override
  void begin(StepDescription step) {
    attention.begin();
  }

  @Override
  void row(StepDescription step, int token, int worker) {
    int count = keys.count(step, token);
    int fresh = count == 0 ? 0 : firstFresh(step, token);
    for (int j = 0; j < count; j++) {
      if (j < fresh || kvC == null) {
        takeCached(step, token, j, worker);
      } else {
        takeFresh(step, step.queryStart(step.sequenceOf(token)) + j - fresh, j, worker);
      }
    }
    attention.attend(step, token, count, worker);
  }

  /** The first position that is not read from the cache. */
  private int firstFresh(StepDescription step, int token) {
    int sequence = step.sequenceOf(token);
    return kvC == null || sequence < step.decodeSequences()
        ? Integer.MAX_VALUE
        : step.sequenceLength(sequence) - step.queryLength(sequence);
  }

  private void takeCached(StepDescription step, int token, int key, int worker) {
    long slot = keys.slot(step, token, key);
    for (int i = 0; i < attention.width(); i++) {
      attention.key(worker, key, i, keys.get(slot, i));
    }
  }

  private void takeFresh(StepDescription step, int token, int key, int worker) {
    if (kvC != null && token < step.tokens()) {
      for (int i = 0; i < kvC.width(); i++) {
        attention.key(worker, key, i, kvC.get(kvC.at(step, token), i));
      }
      for (int i = kvC.width(); i < attention.width() && kPe != null; i++) {
        attention.key(worker, key, i, kPe.get(kPe.at(step, token), i - kvC.width()));
      }
    }
  }

  /** What {@code explain()} shows. */
  @Override
  public String describe() {
    return "plain " + CompositeOp.MLA_ATTENTION;
  }
}
