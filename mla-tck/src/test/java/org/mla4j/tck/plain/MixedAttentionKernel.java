package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
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
  private final Causal causal;

  /**
   * The values around the attention, by role; without a latent even new tokens are seen through the
   * cache.
   */
  record Operands(
      StepValue qLatent,
      @Nullable StepValue qPe,
      @Nullable StepValue kvC,
      @Nullable StepValue kPe,
      CacheValue cache,
      StepValue oLatent) {}

  MixedAttentionKernel(Operands operands, double scale, Bindings bindings, PlainContext context) {
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
    causal = new Causal(context);
  }

  @Override
  void begin(StepDescription step) {
    attention.begin();
  }

  @Override
  void row(StepDescription step, int token, int worker) {
    if (kvC == null || step.isProfiling() || isDecode(step, token)) {
      int count = keys.count(step, token);
      for (int j = 0; j < count; j++) {
        takeCached(step, token, j, worker);
      }
      attention.attend(step, token, count, worker);
      return;
    }
    int sequence = step.sequenceOf(token);
    int first = step.queryStart(sequence);
    int context = keys.hasRows() ? step.sequenceLength(sequence) - step.queryLength(sequence) : 0;
    for (int j = 0; j < context; j++) {
      takeCached(step, token, j, worker);
    }
    int fresh = causal.visible(token - first, step.queryLength(sequence));
    for (int j = 0; j < fresh; j++) {
      takeFresh(step, first + j, context + j, worker);
    }
    attention.attend(step, token, context + fresh, worker);
  }

  private static boolean isDecode(StepDescription step, int token) {
    return step.sequenceOf(token) < step.decodeSequences();
  }

  private void takeCached(StepDescription step, int token, int key, int worker) {
    long slot = keys.slot(step, token, key);
    for (int i = 0; i < attention.width(); i++) {
      attention.key(worker, key, i, keys.get(slot, i));
    }
  }

  private void takeFresh(StepDescription step, int token, int key, int worker) {
    if (kvC != null) {
      for (int i = 0; i < kvC.width(); i++) {
        attention.key(worker, key, i, kvC.get(kvC.at(step, token), i));
      }
      for (int i = kvC.width(); i < attention.width() && kPe != null; i++) {
        attention.key(worker, key, i, kPe.get(kPe.at(step, token), i - kvC.width()));
      }
    }
  }
}
