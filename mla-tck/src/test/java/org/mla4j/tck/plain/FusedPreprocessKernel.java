package org.mla4j.tck.plain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.step.StepDescription;

/**
 * Everything before attention, one token after another. What lies between two parts and is not
 * written has no memory but a worker's own.
 */
final class FusedPreprocessKernel extends RowKernel {
  private final RowView hidden;
  private final RowView q;
  private final Down down;
  private final Queries queries;
  private final @Nullable Turning turning;
  private final CacheWriter writer;
  private final Absorbing absorbing;
  private final Workspace input;

  /** From hidden states to latent and key. */
  private final class Down {
    private final LinearKernel.Projection projection;
    private final @Nullable Norm norm;
    private final RowView kvC;
    private final @Nullable RowView kPe;
    private final int latentStart;
    private final int keyStart;
    private final Workspace latent;
    private final boolean normsKey;

    Down(MlaPreprocess op, Bindings bindings, PlainContext context) {
      projection = new LinearKernel.Projection(op.kvA(), context);
      norm =
          op.kvNorm() == null || context.wrong(Mistake.LATENT_NOT_NORMED)
              ? null
              : new Norm(op.kvNorm(), context);
      kvC = new RowView(bindings, op.concat().kvC(), context);
      kPe = DecodeKernel.optional(op.concat().kPe(), bindings, context);
      long start = op.kvA().out().rowOffset();
      latentStart =
          (int) ((op.kvNorm() == null ? op.concat().kvC() : op.kvNorm().x()).rowOffset() - start);
      keyStart = op.concat().kPe() == null ? 0 : (int) (op.concat().kPe().rowOffset() - start);
      latent = context.workspace("latent before its norm", kvC.width());
      normsKey = context.wrong(Mistake.KEY_NORMED);
    }

    void token(StepDescription step, int token, int worker) {
      double squares = 0;
      for (int i = 0; i < kvC.width(); i++) {
        float number = projection.output(latentStart + i, input, worker);
        latent.set(worker, i, number);
        squares += (double) number * number;
      }
      double factor = norm == null ? 1 : norm.factor(squares, kvC.width());
      long to = kvC.atToken(step, token);
      for (int i = 0; i < kvC.width(); i++) {
        double number = latent.get(worker, i);
        kvC.set(to, i, norm == null ? (float) number : norm.apply(factor, i, number));
      }
      if (kPe != null) {
        long key = kPe.atToken(step, token);
        for (int i = 0; i < kPe.width(); i++) {
          float number = projection.output(keyStart + i, input, worker);
          kPe.set(key, i, normsKey ? (float) (number * factor) : number);
        }
      }
    }
  }

  /** From hidden states to the queries of all heads. */
  private final class Queries {
    private final LinearKernel.@Nullable Projection toLatent;
    private final @Nullable Norm norm;
    private final LinearKernel.Projection toHeads;
    private final Workspace latent;

    Queries(MlaPreprocess op, PlainContext context) {
      toLatent = op.qA() == null ? null : new LinearKernel.Projection(op.qA(), context);
      norm = op.qNorm() == null ? null : new Norm(op.qNorm(), context);
      toHeads = new LinearKernel.Projection(op.q(), context);
      latent = context.workspace("query latent", toHeads.inputs());
    }

    void token(StepDescription step, int token, int worker) {
      Workspace from = input;
      if (toLatent != null) {
        from = latent;
        for (int o = 0; o < toLatent.outputs(); o++) {
          latent.set(worker, o, toLatent.output(o, input, worker));
        }
        if (norm != null) {
          norm.apply(latent, worker, toLatent.outputs());
        }
      }
      long to = q.atToken(step, token);
      for (int o = 0; o < toHeads.outputs(); o++) {
        q.set(to, o, toHeads.output(o, from, worker));
      }
    }
  }

  private record Turning(RowView q, RowView k, Rotation rotation, boolean skips) {}

  private record Absorbing(RowView qNope, RowView qLatent, FloatWeight transposed) {}

  FusedPreprocessKernel(MlaPreprocess op, Bindings bindings, PlainContext context) {
    super(context, op.kvA().x().rows());
    hidden = new RowView(bindings, op.kvA().x(), context);
    q = new RowView(bindings, op.q().out(), context);
    input = context.workspace("linear input", hidden.width());
    down = new Down(op, bindings, context);
    queries = new Queries(op, context);
    RotaryEmbedding rope = op.rope();
    turning =
        rope == null
            ? null
            : new Turning(
                new RowView(bindings, rope.q(), context),
                new RowView(bindings, rope.k(), context),
                new Rotation(context.weights().take(rope.table()), rope.style(), context),
                context.wrong(Mistake.ROPE_SKIPPED_WITH_WRITE));
    writer = ConcatKernel.writer(op.concat(), bindings, context);
    RowView qNope = new RowView(bindings, op.absorb().qNope(), context);
    absorbing =
        new Absorbing(
            qNope,
            new RowView(bindings, op.absorb().qLatent(), context),
            AbsorbKernel.transposed(op.absorb(), qNope.outer(), qNope.inner(), context));
  }

  @Override
  void begin(StepDescription step) {
    if (turning != null) {
      turning.rotation().require(step, turning.q().rows());
    }
  }

  @Override
  void row(StepDescription step, int row, int worker) {
    int token = hidden.token(step, row);
    input.load(worker, hidden, hidden.at(step, row));
    queries.token(step, token, worker);
    down.token(step, token, worker);
    if (turning != null) {
      turn(step, token, Objects.requireNonNull(turning));
    }
    writer.write(step, token);
    int decode = token - step.firstToken(absorbing.qLatent().rows());
    if (decode >= 0 && decode < step.count(absorbing.qLatent().rows())) {
      AbsorbKernel.absorb(
          absorbing.transposed(),
          absorbing.qNope(),
          absorbing.qNope().atToken(step, token),
          absorbing.qLatent(),
          absorbing.qLatent().at(step, decode));
    }
  }

  private void turn(StepDescription step, int token, Turning how) {
    if (how.skips() && writer.slot(step, token) < 0) {
      return;
    }
    int position = step.position(token);
    how.rotation().turn(how.q(), how.q().atToken(step, token), position);
    how.rotation().turn(how.k(), how.k().atToken(step, token), position);
  }
}
