package org.mla4j.core.layer;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.tensor.DType.F32;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.StepValue;

/**
 * What flows through an MLA layer, stage by stage. A value that no node of a plan makes costs
 * nothing.
 */
final class MlaValues {
  /** Query latent {@code [T, Lq]}; null without a query LoRA. */
  final @Nullable StepValue queryLatent;

  /** Normed query latent; the latent itself without a norm. */
  final @Nullable StepValue normedQueryLatent;

  /** Queries of all heads {@code [T, N, P + R]}. */
  final StepValue q;

  final StepValue qNope;
  final @Nullable StepValue qPe;

  /** Latent and key as projected {@code [T, L + R]}. */
  final StepValue kvA;

  final StepValue latent;

  /** Normed latent {@code [T, L]}; the latent itself without a norm. */
  final StepValue kvC;

  final @Nullable StepValue kPe;

  /** Attention output {@code [T, N, V]}. */
  final StepValue heads;

  MlaValues(PlanBuilder plan, MultiHeadLatentAttention.Call call) {
    MlaSpec spec = call.spec();
    queryLatent = spec.hasQLora() ? plan.buffer("q_c", F32, ALL, spec.qLoraRank()) : null;
    normedQueryLatent =
        spec.qANorm() == null ? queryLatent : plan.buffer("q_c_normed", F32, ALL, spec.qLoraRank());
    q = plan.buffer("q", F32, ALL, spec.numHeads(), spec.qkHeadDim());
    qNope = q.narrow(plan.name("q_nope"), -1, 0, spec.qkNopeHeadDim());
    qPe = rotaryPart(plan, "q_pe", q, spec.qkNopeHeadDim(), spec);
    kvA = plan.buffer("kv_a", F32, ALL, spec.kvLoraRank() + spec.qkRopeHeadDim());
    latent = kvA.narrow(plan.name("kv_c"), -1, 0, spec.kvLoraRank());
    kPe = rotaryPart(plan, "k_pe", kvA, spec.kvLoraRank(), spec);
    kvC = spec.kvANorm() == null ? latent : plan.buffer("kv_c_normed", F32, ALL, spec.kvLoraRank());
    heads = plan.buffer("attn_out", F32, ALL, spec.numHeads(), spec.vHeadDim());
  }

  /** The rotary part of rows of heads or of cache rows; null for a layer without one. */
  static @Nullable StepValue rotaryPart(
      PlanBuilder plan, String name, StepValue of, int start, MlaSpec spec) {
    return spec.qkRopeHeadDim() == 0
        ? null
        : of.narrow(plan.name(name), -1, start, spec.qkRopeHeadDim());
  }
}
