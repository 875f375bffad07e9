package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.CONTEXT;
import static org.mla4j.api.step.Rows.PREFILL;
import static org.mla4j.api.tensor.DType.F32;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** Prefill tokens in the decompressed form: every head has keys and values of its own. */
final class MlaPrefill {
  private final MultiHeadLatentAttention.Call call;
  private final MlaSpec spec;
  private final PlanBuilder to;
  private final PlanBuilder plan;
  private final MlaValues values;

  /**
   * @param to takes the nodes
   * @param plan names the values
   */
  MlaPrefill(
      MultiHeadLatentAttention.Call call, PlanBuilder to, PlanBuilder plan, MlaValues values) {
    this.call = call;
    this.spec = call.spec();
    this.to = to;
    this.plan = plan;
    this.values = values;
  }

  void contribute(StepValue attended) {
    StepValue query = values.qNope.only(PREFILL);
    StepValue queryRope = values.qPe == null ? null : values.qPe.only(PREFILL);
    StepValue lse = plan.buffer("attn_lse", F32, PREFILL, spec.numHeads());
    StepValue kv = decompress("kv", "kv_b_proj", values.kvC.only(PREFILL));
    to.add(
        "prefill_attention",
        PREFILL,
        new MlaPrefillAttention(
            query,
            queryRope,
            kv.narrow(plan.name("k_nope"), -1, 0, spec.qkNopeHeadDim()),
            values.kPe == null ? null : values.kPe.only(PREFILL),
            kv.narrow(plan.name("v"), -1, spec.qkNopeHeadDim(), spec.vHeadDim()),
            spec.scale(),
            attended,
            lse));
    context(query, queryRope, attended, lse);
  }

  /** What earlier steps left of a prompt in the cache, decompressed again and merged. */
  private void context(
      StepValue query, @Nullable StepValue queryRope, StepValue attended, StepValue lse) {
    int heads = spec.numHeads();
    StepValue rows = plan.buffer("context", F32, CONTEXT, spec.kvLoraRank() + spec.qkRopeHeadDim());
    to.add("gather_context", CONTEXT, new GatherCache(call.cache(), rows));
    StepValue latent = rows.narrow(plan.name("context_kv_c"), -1, 0, spec.kvLoraRank());
    StepValue kv = decompress("context_kv", "context_kv_b_proj", latent);
    StepValue found = plan.buffer("context_out", F32, PREFILL, heads, spec.vHeadDim());
    StepValue foundLse = plan.buffer("context_lse", F32, PREFILL, heads);
    to.add(
        "context_attention",
        CONTEXT,
        new MlaContextAttention(
            query,
            queryRope,
            kv.narrow(plan.name("context_k_nope"), -1, 0, spec.qkNopeHeadDim()),
            MlaValues.rotaryPart(plan, "context_k_pe", rows, spec.kvLoraRank(), spec),
            kv.narrow(plan.name("context_v"), -1, spec.qkNopeHeadDim(), spec.vHeadDim()),
            spec.scale(),
            found,
            foundLse));
    to.add("merge_context", CONTEXT, new MergeAttentionStates(found, foundLse, attended, lse));
  }

  /** The keys without positions and the values of all heads, {@code [N, P + V]}. */
  private StepValue decompress(String name, String node, StepValue latent) {
    StepValue kv =
        plan.buffer(
            name, F32, latent.rows(), spec.numHeads(), spec.qkNopeHeadDim() + spec.vHeadDim());
    WeightHandle kvB = call.weightsByRole().kvBProj().weight();
    to.add(node, latent.rows(), new Linear(latent, kvB, null, kv));
    return kv;
  }
}
