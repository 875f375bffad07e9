package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.CONTEXT;
import static org.mla4j.api.step.Rows.DECODE;
import static org.mla4j.api.step.Rows.PREFILL;
import static org.mla4j.api.tensor.DType.F32;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * Multi-Head Latent Attention with its default forward: norm, rope, cache write, projections and
 * both forms of attention as separate ops.
 *
 * <p>Source of the formulas: DeepSeek-V2 (arXiv 2405.04434), section 2.1; the absorbed form of
 * decode is appendix C's.
 */
public final class MlaLayer {
  private final MultiHeadLatentAttention.Call call;

  private MlaLayer(MultiHeadLatentAttention.Call call) {
    this.call = call;
  }

  /**
   * Adds such a layer to a plan.
   *
   * @param plan takes the nodes
   * @param name last part of the layer's name, for example {@code attn}
   * @param spec dimensions and rules
   * @param weights the weights
   * @param hidden F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}, before the residual is added
   * @throws InvalidInputException if a required weight is missing
   * @throws org.mla4j.api.error.ModelException if a weight has another shape than the spec demands
   */
  public static StepValue add(
      PlanBuilder plan, String name, MlaSpec spec, MlaWeights weights, StepValue hidden) {
    PlanBuilder inner = plan.scope(name);
    CacheValue cache = inner.cache("cache", spec.cache());
    StepValue output = inner.buffer("output", F32, ALL, spec.hiddenSize());
    WeightHandle ropeTable = spec.rope() == null ? null : plan.ropeTable(spec.rope());
    var call =
        new MultiHeadLatentAttention.Call(
            plan.name(name), spec, weights, ropeTable, hidden, cache, output);
    plan.layer(call, new MlaLayer(call)::forward);
    return output;
  }

  private void forward(PlanBuilder plan) {
    MlaSpec spec = call.spec();
    requireDefault(spec);
    MlaWeights weights = call.weightsByRole();
    StepValue q = query(plan);
    StepValue qNope = q.narrow(plan.name("q_nope"), -1, 0, spec.qkNopeHeadDim());
    StepValue qPe = rotaryPart(plan, "q_pe", q, spec.qkNopeHeadDim());

    StepValue kvA = plan.buffer("kv_a", F32, ALL, spec.kvLoraRank() + spec.qkRopeHeadDim());
    project(plan, "kv_a_proj", call.hidden(), weights.kvAProj(), kvA);
    StepValue kvC = kvA.narrow(plan.name("kv_c"), -1, 0, spec.kvLoraRank());
    StepValue kPe = rotaryPart(plan, "k_pe", kvA, spec.kvLoraRank());
    if (spec.kvANorm() != null) {
      StepValue normed = plan.buffer("kv_c_normed", F32, ALL, spec.kvLoraRank());
      plan.add(
          "kv_a_layernorm",
          ALL,
          new RmsNorm(
              kvC,
              Objects.requireNonNull(weights.kvANorm()),
              spec.kvANorm().eps(),
              spec.kvLatentScale(),
              normed));
      kvC = normed;
    }
    if (spec.rope() != null && qPe != null && kPe != null) {
      WeightHandle table = Objects.requireNonNull(call.ropeTable());
      plan.add("rotary_emb", ALL, new RotaryEmbedding(qPe, kPe, table, spec.rope().style()));
    }
    plan.add("concat_and_cache", ALL, new ConcatAndCacheMla(kvC, kPe, call.cache()));

    StepValue attended = plan.buffer("attn_out", F32, ALL, spec.numHeads(), spec.vHeadDim());
    decode(plan, qNope, qPe, attended.only(DECODE));
    prefill(plan, qNope, qPe, kvC, kPe, attended.only(PREFILL));
    project(plan, "o_proj", flat(plan, attended), weights.oProj(), call.output());
  }

  /** The queries of all heads, {@code [T, N, P + R]}. */
  private StepValue query(PlanBuilder plan) {
    MlaSpec spec = call.spec();
    MlaWeights weights = call.weightsByRole();
    StepValue q = plan.buffer("q", F32, ALL, spec.numHeads(), spec.qkHeadDim());
    if (!spec.hasQLora()) {
      project(plan, "q_proj", call.hidden(), Objects.requireNonNull(weights.qProj()), q);
      return q;
    }
    StepValue latent = plan.buffer("q_c", F32, ALL, spec.qLoraRank());
    project(plan, "q_a_proj", call.hidden(), Objects.requireNonNull(weights.qAProj()), latent);
    if (spec.qANorm() != null) {
      StepValue normed = plan.buffer("q_c_normed", F32, ALL, spec.qLoraRank());
      plan.add(
          "q_a_layernorm",
          ALL,
          new RmsNorm(
              latent,
              Objects.requireNonNull(weights.qANorm()),
              spec.qANorm().eps(),
              spec.qLatentScale(),
              normed));
      latent = normed;
    }
    project(plan, "q_b_proj", latent, Objects.requireNonNull(weights.qBProj()), q);
    return q;
  }

  /** Decode tokens in the absorbed form: heads share one key, the cache row. */
  private void decode(
      PlanBuilder plan, StepValue qNope, @Nullable StepValue qPe, StepValue attended) {
    MlaSpec spec = call.spec();
    WeightHandle kvB = call.weightsByRole().kvBProj().weight();
    StepValue qLatent = plan.buffer("q_latent", F32, DECODE, spec.numHeads(), spec.kvLoraRank());
    StepValue oLatent = plan.buffer("o_latent", F32, DECODE, spec.numHeads(), spec.kvLoraRank());
    plan.add("absorb_query", DECODE, new AbsorbQuery(qNope.only(DECODE), kvB, qLatent));
    plan.add(
        "decode_attention",
        DECODE,
        new MlaDecodeAttention(
            qLatent,
            qPe == null ? null : qPe.only(DECODE),
            call.cache(),
            spec.scale(),
            oLatent,
            null));
    plan.add("project_value", DECODE, new ProjectValue(oLatent, kvB, attended));
  }

  /** Prefill tokens in the decompressed form: every head has keys and values of its own. */
  private void prefill(
      PlanBuilder plan,
      StepValue qNope,
      @Nullable StepValue qPe,
      StepValue kvC,
      @Nullable StepValue kPe,
      StepValue attended) {
    MlaSpec spec = call.spec();
    StepValue query = qNope.only(PREFILL);
    StepValue queryRope = qPe == null ? null : qPe.only(PREFILL);
    StepValue lse = plan.buffer("attn_lse", F32, PREFILL, spec.numHeads());
    StepValue kv = decompress(plan, "kv", "kv_b_proj", kvC.only(PREFILL));
    plan.add(
        "prefill_attention",
        PREFILL,
        new MlaPrefillAttention(
            query,
            queryRope,
            kv.narrow(plan.name("k_nope"), -1, 0, spec.qkNopeHeadDim()),
            kPe == null ? null : kPe.only(PREFILL),
            kv.narrow(plan.name("v"), -1, spec.qkNopeHeadDim(), spec.vHeadDim()),
            spec.scale(),
            attended,
            lse));
    context(plan, query, queryRope, attended, lse);
  }

  /** What earlier steps left of a prompt in the cache, decompressed again and merged. */
  private void context(
      PlanBuilder plan,
      StepValue query,
      @Nullable StepValue queryRope,
      StepValue attended,
      StepValue lse) {
    MlaSpec spec = call.spec();
    int heads = spec.numHeads();
    StepValue rows = plan.buffer("context", F32, CONTEXT, spec.kvLoraRank() + spec.qkRopeHeadDim());
    plan.add("gather_context", CONTEXT, new GatherCache(call.cache(), rows));
    StepValue latent = rows.narrow(plan.name("context_kv_c"), -1, 0, spec.kvLoraRank());
    StepValue kv = decompress(plan, "context_kv", "context_kv_b_proj", latent);
    StepValue found = plan.buffer("context_out", F32, PREFILL, heads, spec.vHeadDim());
    StepValue foundLse = plan.buffer("context_lse", F32, PREFILL, heads);
    plan.add(
        "context_attention",
        CONTEXT,
        new MlaContextAttention(
            query,
            queryRope,
            kv.narrow(plan.name("context_k_nope"), -1, 0, spec.qkNopeHeadDim()),
            rotaryPart(plan, "context_k_pe", rows, spec.kvLoraRank()),
            kv.narrow(plan.name("context_v"), -1, spec.qkNopeHeadDim(), spec.vHeadDim()),
            spec.scale(),
            found,
            foundLse));
    plan.add("merge_context", CONTEXT, new MergeAttentionStates(found, foundLse, attended, lse));
  }

  /** The keys without positions and the values of all heads, {@code [N, P + V]}. */
  private StepValue decompress(PlanBuilder plan, String name, String node, StepValue latent) {
    MlaSpec spec = call.spec();
    StepValue kv =
        plan.buffer(
            name, F32, latent.rows(), spec.numHeads(), spec.qkNopeHeadDim() + spec.vHeadDim());
    WeightHandle kvB = call.weightsByRole().kvBProj().weight();
    plan.add(node, latent.rows(), new Linear(latent, kvB, null, kv));
    return kv;
  }

  private @Nullable StepValue rotaryPart(PlanBuilder plan, String name, StepValue of, int start) {
    int width = call.spec().qkRopeHeadDim();
    return width == 0 ? null : of.narrow(plan.name(name), -1, start, width);
  }

  private StepValue flat(PlanBuilder plan, StepValue heads) {
    return heads.reshape(plan.name("attn_heads_out"), heads.rowWidth());
  }

  private static void project(
      PlanBuilder plan, String name, StepValue x, Projection projection, StepValue out) {
    plan.add(name, ALL, new Linear(x, projection.weight(), projection.bias(), out));
  }

  /**
   * What the default forward cannot do yet is refused where the layer is made, never computed
   * wrongly.
   */
  private void requireDefault(MlaSpec spec) {
    if (spec.qHeadNorm() != null || spec.kHeadNorm() != null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_SPEC,
          call.layer()
              + ": the default forward has no per-head norms (qHeadNorm = "
              + spec.qHeadNorm()
              + ", kHeadNorm = "
              + spec.kHeadNorm()
              + "); a backend that takes the whole layer may.");
    }
    if (call.weightsByRole().kvBProj().bias() != null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_SPEC,
          call.layer() + ": the default forward cannot absorb a bias of kv_b_proj; expected none.");
    }
  }
}
