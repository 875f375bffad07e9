package org.mla4j.tck.plain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** The attention of a layer, from a stage of its inputs to a form of its output. */
final class AttentionPipeline implements Kernel {
  private final MlaAttention op;
  private final MlaSpec spec;
  private final MlaWeights weights;
  private final InnerPlan plan;
  private final PlainContext context;
  private final RowView out;

  AttentionPipeline(MlaAttention op, Bindings bindings, PlainContext context) {
    this.op = op;
    this.context = context;
    spec = op.spec();
    weights = op.weightsByRole();
    plan = new InnerPlan(op.layer(), bindings, context);
    out = new RowView(bindings, op.out(), context);
    finish(attended(keys()));
  }

  /** Queries and keys at some stage; the parts that the stage does not have are null. */
  private record Keys(StepValue query, @Nullable StepValue kvC, @Nullable StepValue kPe) {}

  /** Brings the inputs to the stage where queries are rotated and the cache is written. */
  private Keys keys() {
    Keys keys = new Keys(op.query(), op.kvC(), op.kPe());
    switch (op.form().takes()) {
      case HIDDEN -> keys = rotated(normed(latents(op.query())));
      case LATENTS -> keys = rotated(normed(keys));
      case NORMED -> keys = rotated(keys);
      case ROPED, ABSORBED -> {}
    }
    return keys;
  }

  private Keys latents(StepValue hidden) {
    StepValue query;
    if (spec.hasQLora()) {
      query = plan.buffer("q_c", spec.qLoraRank());
      project(hidden, Objects.requireNonNull(weights.qAProj()), query);
    } else {
      query = plan.buffer("q", spec.numHeads(), spec.qkHeadDim());
      project(hidden, Objects.requireNonNull(weights.qProj()), query);
    }
    StepValue kvA = plan.buffer("kv_a", spec.kvLoraRank() + spec.qkRopeHeadDim());
    project(hidden, weights.kvAProj(), kvA);
    StepValue kPe =
        spec.qkRopeHeadDim() == 0
            ? null
            : kvA.narrow(plan.name("k_pe"), -1, spec.kvLoraRank(), spec.qkRopeHeadDim());
    return new Keys(query, kvA.narrow(plan.name("kv_c"), -1, 0, spec.kvLoraRank()), kPe);
  }

  private Keys normed(Keys keys) {
    StepValue query = keys.query();
    if (spec.hasQLora()) {
      if (spec.qANorm() != null) {
        StepValue normed = plan.buffer("q_c_normed", spec.qLoraRank());
        WeightHandle weight = Objects.requireNonNull(weights.qANorm());
        plan.add(new RmsNorm(query, weight, spec.qANorm().eps(), spec.qLatentScale(), normed));
        query = normed;
      }
      StepValue heads = plan.buffer("q", spec.numHeads(), spec.qkHeadDim());
      project(query, Objects.requireNonNull(weights.qBProj()), heads);
      query = heads;
    }
    StepValue kvC = Objects.requireNonNull(keys.kvC());
    if (spec.kvANorm() != null) {
      StepValue normed = plan.buffer("kv_c_normed", spec.kvLoraRank());
      WeightHandle weight = Objects.requireNonNull(weights.kvANorm());
      plan.add(new RmsNorm(kvC, weight, spec.kvANorm().eps(), kvScale(), normed));
      kvC = normed;
    }
    return new Keys(query, kvC, keys.kPe());
  }

  private double kvScale() {
    return context.wrong(Mistake.LAYER_WITHOUT_LATENT_SCALE) ? 1 : spec.kvLatentScale();
  }

  private Keys rotated(Keys keys) {
    StepValue kvC = Objects.requireNonNull(keys.kvC());
    StepValue qPe = queryRope(keys.query());
    boolean skips = context.wrong(Mistake.FORM_WITHOUT_ROPE);
    if (!skips && spec.rope() != null && qPe != null && keys.kPe() != null) {
      WeightHandle table = Objects.requireNonNull(op.ropeTable());
      plan.add(new RotaryEmbedding(qPe, keys.kPe(), table, spec.rope().style()));
    }
    plan.add(new ConcatAndCacheMla(kvC, keys.kPe(), op.cache()));
    return keys;
  }

  /** Weighted sums of latents, for all tokens. */
  private StepValue attended(Keys keys) {
    StepValue qLatent = heads(keys.query(), "query_heads", spec.kvLoraRank());
    StepValue qPe = op.queryRope();
    if (op.form().takes() != InputStage.ABSORBED) {
      StepValue qNope =
          heads(keys.query(), "query_heads", spec.qkHeadDim())
              .narrow(plan.name("q_nope"), -1, 0, spec.qkNopeHeadDim());
      qLatent = plan.buffer("q_latent", spec.numHeads(), spec.kvLoraRank());
      plan.add(new AbsorbQuery(qNope, weights.kvBProj().weight(), qLatent));
      qPe = queryRope(keys.query());
    }
    StepValue oLatent =
        op.form().returns() == OutputForm.LATENT
            ? heads(op.out(), "out_heads", spec.kvLoraRank())
            : plan.buffer("o_latent", spec.numHeads(), spec.kvLoraRank());
    plan.add(
        new MixedAttentionKernel(
            new MixedAttentionKernel.Operands(
                qLatent, qPe, keys.kvC(), keys.kPe(), op.cache(), oLatent),
            spec.scale(),
            plan,
            context));
    return oLatent;
  }

  private void finish(StepValue oLatent) {
    if (op.form().returns() == OutputForm.LATENT) {
      return;
    }
    StepValue attended =
        op.form().returns() == OutputForm.HEADS
            ? heads(op.out(), "out_heads", spec.vHeadDim())
            : plan.buffer("attn_out", spec.numHeads(), spec.vHeadDim());
    plan.add(new ProjectValue(oLatent, weights.kvBProj().weight(), attended));
    if (op.form().returns() == OutputForm.HIDDEN) {
      StepValue flat = attended.reshape(plan.name("attn_flat"), attended.rowWidth());
      project(flat, weights.oProj(), op.out());
    }
  }

  private @Nullable StepValue queryRope(StepValue query) {
    return spec.qkRopeHeadDim() == 0
        ? null
        : heads(query, "query_heads", spec.qkHeadDim())
            .narrow(plan.name("q_pe"), -1, spec.qkNopeHeadDim(), spec.qkRopeHeadDim());
  }

  /** A value as heads, which it may be given as already. */
  private StepValue heads(StepValue value, String name, int width) {
    return value.rowShape().rank() == 2 || value.rowWidth() != spec.numHeads() * width
        ? value
        : value.reshape(plan.name(name), spec.numHeads(), width);
  }

  private void project(StepValue x, MlaWeights.Projection projection, StepValue to) {
    plan.add(new Linear(x, projection.weight(), projection.bias(), to));
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    if (step.tokens() == 0 && context.wrong(Mistake.EMPTY_STEP_FAILS)) {
      throw new IllegalStateException("no tokens");
    }
    plan.forward(step, queue);
    if (step.isProfiling() && op.form().returns() == OutputForm.HIDDEN) {
      // A bias of the output projection would show in rows that are to be 0.
      for (int token = 0; token < step.tokens(); token++) {
        for (int i = 0; i < out.width(); i++) {
          out.set(out.at(step, token), i, 0);
        }
      }
    }
  }
}
