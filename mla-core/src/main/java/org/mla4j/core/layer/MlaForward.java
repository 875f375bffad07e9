package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.DECODE;
import static org.mla4j.api.step.Rows.PREFILL;
import static org.mla4j.api.tensor.DType.F32;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * The default forward of one MLA layer, stage by stage. Where it is cut for an attention op, the
 * sub-plan of that op is the same stages.
 */
final class MlaForward {
  private final MultiHeadLatentAttention.Call call;
  private final MlaSpec spec;
  private final MlaWeights weights;
  private final PlanBuilder plan;
  private final MlaValues values;

  MlaForward(MultiHeadLatentAttention.Call call, PlanBuilder plan) {
    this.call = call;
    this.spec = call.spec();
    this.weights = call.weightsByRole();
    this.plan = plan;
    this.values = new MlaValues(plan, call);
  }

  void contribute() {
    if (!spec.absorbable() || weights.kvBProj().bias() != null) {
      decompressed();
      return;
    }
    Optional<AttentionForm> form = plan.attentionForm(this::op);
    InputStage taken = form.map(AttentionForm::takes).orElse(InputStage.ROPED);
    stages(plan, InputStage.HIDDEN, taken);
    if (form.isPresent()) {
      AttentionForm whole = form.get();
      plan.composite("attention", ALL, op(whole), inside -> body(inside, whole));
    } else {
      attend(plan, values.heads);
    }
    switch (form.map(AttentionForm::returns).orElse(OutputForm.HEADS)) {
      case LATENT -> {
        projectValue(plan, ALL, latentOutput(), values.heads);
        projectOutput(plan);
      }
      case HEADS -> projectOutput(plan);
      case HIDDEN -> {}
    }
  }

  /**
   * All tokens in the decompressed form, straight from the cache: what stands between latent and
   * score cannot be absorbed.
   */
  private void decompressed() {
    projectDown(plan);
    norm(plan);
    plan.add("concat_and_cache", ALL, new ConcatAndCacheMla(values.kvC, values.kPe, call.cache()));
    Projection up = weights.kvBProj();
    plan.add(
        "attention",
        ALL,
        new MlaDecompressedAttention(
            values.q,
            call.cache(),
            up.weight(),
            up.bias(),
            weights.kHeadNorm(),
            spec.kHeadNorm() == null ? 0 : spec.kHeadNorm().eps(),
            call.ropeTable(),
            spec.rope() == null ? RopeStyle.NEOX : spec.rope().style(),
            spec.scale(),
            values.heads));
    projectOutput(plan);
  }

  /** What an attention op of some form does, as separate ops. */
  private void body(PlanBuilder inside, AttentionForm form) {
    boolean absorbed = form.takes() == InputStage.ABSORBED || form.returns() == OutputForm.LATENT;
    stages(inside, form.takes(), absorbed ? InputStage.ABSORBED : InputStage.ROPED);
    if (absorbed) {
      decodeAttention(inside, ALL, absorbedQueries(ALL), latentOutput());
    } else {
      attend(inside, values.heads);
    }
    if (absorbed && form.returns() != OutputForm.LATENT) {
      projectValue(inside, ALL, latentOutput(), values.heads);
    }
    if (form.returns() == OutputForm.HIDDEN) {
      projectOutput(inside);
    }
  }

  private MlaAttention op(AttentionForm form) {
    StepValue query =
        switch (form.takes()) {
          case HIDDEN -> call.hidden();
          case LATENTS -> values.queryLatent == null ? values.q : values.queryLatent;
          case NORMED, ROPED -> values.q;
          case ABSORBED -> absorbedQueries(ALL);
        };
    boolean separate = form.takes() != InputStage.HIDDEN && form.takes() != InputStage.ABSORBED;
    StepValue latent = form.takes() == InputStage.LATENTS ? values.latent : values.kvC;
    StepValue out =
        switch (form.returns()) {
          case LATENT -> latentOutput();
          case HEADS -> values.heads;
          case HIDDEN -> call.output();
        };
    return new MlaAttention(
        call.layer(),
        spec,
        weights,
        call.ropeTable(),
        form,
        query,
        form.takes() == InputStage.ABSORBED ? values.qPe : null,
        separate ? latent : null,
        separate ? values.kPe : null,
        call.cache(),
        out);
  }

  /** Brings queries, latent and key from one stage to another. */
  private void stages(PlanBuilder to, InputStage from, InputStage until) {
    for (InputStage stage : InputStage.values()) {
      if (stage.compareTo(from) > 0 && stage.compareTo(until) <= 0) {
        switch (stage) {
          case HIDDEN -> {}
          case LATENTS -> projectDown(to);
          case NORMED -> norm(to);
          case ROPED -> rotateAndWrite(to);
          case ABSORBED -> absorb(to, ALL);
        }
      }
    }
  }

  private void projectDown(PlanBuilder to) {
    if (values.queryLatent == null) {
      project(to, "q_proj", call.hidden(), Objects.requireNonNull(weights.qProj()), values.q);
    } else {
      project(
          to,
          "q_a_proj",
          call.hidden(),
          Objects.requireNonNull(weights.qAProj()),
          values.queryLatent);
    }
    project(to, "kv_a_proj", call.hidden(), weights.kvAProj(), values.kvA);
  }

  private void norm(PlanBuilder to) {
    StepValue queries = values.normedQueryLatent;
    if (values.queryLatent != null && queries != null) {
      norm(
          to,
          "q_a_layernorm",
          values.queryLatent,
          spec.qANorm(),
          weights.qANorm(),
          spec.qLatentScale(),
          queries);
      project(to, "q_b_proj", queries, Objects.requireNonNull(weights.qBProj()), values.q);
    }
    norm(to, "q_norm", values.q, spec.qHeadNorm(), weights.qHeadNorm(), 1, values.q);
    norm(
        to,
        "kv_a_layernorm",
        values.latent,
        spec.kvANorm(),
        weights.kvANorm(),
        spec.kvLatentScale(),
        values.kvC);
  }

  private static void norm(
      PlanBuilder to,
      String name,
      StepValue x,
      @Nullable NormSpec norm,
      @Nullable WeightHandle weight,
      double scale,
      StepValue out) {
    if (norm != null) {
      to.add(name, ALL, new RmsNorm(x, Objects.requireNonNull(weight), norm.eps(), scale, out));
    }
  }

  private void rotateAndWrite(PlanBuilder to) {
    if (spec.rope() != null && values.qPe != null && values.kPe != null) {
      WeightHandle table = Objects.requireNonNull(call.ropeTable());
      to.add(
          "rotary_emb",
          ALL,
          new RotaryEmbedding(values.qPe, values.kPe, table, spec.rope().style()));
    }
    to.add("concat_and_cache", ALL, new ConcatAndCacheMla(values.kvC, values.kPe, call.cache()));
  }

  private StepValue absorbedQueries(Rows rows) {
    return plan.buffer("q_latent", F32, rows, spec.numHeads(), spec.kvLoraRank());
  }

  private StepValue latentOutput() {
    return plan.buffer("o_latent", F32, ALL, spec.numHeads(), spec.kvLoraRank());
  }

  private void absorb(PlanBuilder to, Rows rows) {
    to.add(
        "absorb_query",
        rows,
        new AbsorbQuery(
            values.qNope.only(rows), weights.kvBProj().weight(), absorbedQueries(rows)));
  }

  /** Decode tokens in the absorbed form, prefill tokens in the decompressed form. */
  private void attend(PlanBuilder to, StepValue heads) {
    StepValue latentOutput =
        plan.buffer("o_latent", F32, DECODE, spec.numHeads(), spec.kvLoraRank());
    absorb(to, DECODE);
    decodeAttention(to, DECODE, absorbedQueries(DECODE), latentOutput);
    projectValue(to, DECODE, latentOutput, heads);
    new MlaPrefill(call, to, plan, values).contribute(heads.only(PREFILL));
  }

  private void decodeAttention(PlanBuilder to, Rows rows, StepValue queries, StepValue out) {
    to.add(
        "decode_attention",
        rows,
        new MlaDecodeAttention(
            queries,
            values.qPe == null ? null : values.qPe.only(rows),
            call.cache(),
            spec.scale(),
            out,
            null));
  }

  private void projectValue(PlanBuilder to, Rows rows, StepValue latent, StepValue heads) {
    to.add(
        "project_value",
        rows,
        new ProjectValue(latent, weights.kvBProj().weight(), heads.only(rows)));
  }

  private void projectOutput(PlanBuilder to) {
    StepValue flat = values.heads.reshape(plan.name("attn_heads_out"), values.heads.rowWidth());
    project(to, "o_proj", flat, weights.oProj(), call.output());
  }

  private static void project(
      PlanBuilder to, String name, StepValue x, Projection projection, StepValue out) {
    to.add(name, ALL, new Linear(x, projection.weight(), projection.bias(), out));
  }
}
