package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.step.StepDescription;

/** Norm of the latent, rope and cache write, one token after another; norm and rope if given. */
final class FusedRopeCacheKernel extends RowKernel {
  private final RowView kvC;
  private final @Nullable Norming norming;
  private final @Nullable Turning turning;
  private final CacheWriter writer;
  private final boolean skipsRope;
  private final boolean skipsKey;
  private final boolean writesFirst;

  private record Norming(RowView x, Norm norm, @Nullable RowView key, boolean skips) {}

  private record Turning(RowView q, RowView k, Rotation rotation) {}

  FusedRopeCacheKernel(RopeConcatAndCacheMla op, Bindings bindings, PlainContext context) {
    this(null, op.rope(), op.concat(), bindings, context);
  }

  FusedRopeCacheKernel(RmsNormRopeConcatAndCacheMla op, Bindings bindings, PlainContext context) {
    this(op.norm(), op.rope(), op.concat(), bindings, context);
  }

  private FusedRopeCacheKernel(
      @Nullable RmsNorm norm,
      @Nullable RotaryEmbedding rope,
      ConcatAndCacheMla concat,
      Bindings bindings,
      PlainContext context) {
    super(context, concat.kvC().rows());
    kvC = new RowView(bindings, concat.kvC(), context);
    writer = ConcatKernel.writer(concat, bindings, context);
    norming =
        norm == null
            ? null
            : new Norming(
                new RowView(bindings, norm.x(), context),
                new Norm(norm, context),
                context.wrong(Mistake.KEY_NORMED) && concat.kPe() != null
                    ? new RowView(bindings, concat.kPe(), context)
                    : null,
                context.wrong(Mistake.LATENT_NOT_NORMED));
    turning =
        rope == null
            ? null
            : new Turning(
                new RowView(bindings, rope.q(), context),
                new RowView(bindings, rope.k(), context),
                new Rotation(context.weights().take(rope.table()), rope.style(), context));
    if (rope == null && context.wrong(Mistake.NO_ROPE_FAILS)) {
      throw new IllegalStateException("no rope");
    }
    writesFirst = context.wrong(Mistake.FUSED_KEY_UNROTATED);
    skipsRope = context.wrong(Mistake.ROPE_SKIPPED_WITH_WRITE);
    skipsKey = context.wrong(Mistake.FUSED_KEY_NEEDS_SLOTS);
  }

  @Override
  void begin(StepDescription step) {
    if (turning != null) {
      turning.rotation().require(step, turning.q().rows());
    }
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int token = kvC.token(step, row);
    if (writesFirst) {
      writer.write(step, token);
    }
    if (norming != null) {
      norm(step, token, norming);
    }
    if (turning != null && !(skipsRope && writer.slot(step, token) < 0)) {
      int position = step.position(token);
      turning.rotation().turn(turning.q(), turning.q().atToken(step, token), position);
      // Also of a token that is not written: without a slot mapping prefill attention reads it.
      if (!skipsKey || step.hasSlotMapping()) {
        turning.rotation().turn(turning.k(), turning.k().atToken(step, token), position);
      }
    }
    if (!writesFirst) {
      writer.write(step, token);
    }
  }

  private void norm(StepDescription step, int token, Norming how) {
    long from = how.x().atToken(step, token);
    long to = kvC.atToken(step, token);
    if (how.skips()) {
      for (int i = 0; i < kvC.width(); i++) {
        kvC.set(to, i, how.x().get(from, i));
      }
      return;
    }
    how.norm().apply(how.x(), from, kvC, to);
    if (how.key() != null) {
      RowView key = how.key();
      long at = key.atToken(step, token);
      double squares = 0;
      for (int i = 0; i < key.width(); i++) {
        squares += (double) key.get(at, i) * key.get(at, i);
      }
      float factor = (float) how.norm().factor(squares, key.width());
      for (int i = 0; i < key.width(); i++) {
        key.set(at, i, key.get(at, i) * factor);
      }
    }
  }
}
