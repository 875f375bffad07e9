package org.mla4j.models.architecture.deepseek;

import static org.mla4j.api.step.Rows.ALL;

import org.mla4j.api.op.Add;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.GatedMlp;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.layer.MoeLayer;
import org.mla4j.models.architecture.AttentionCache;
import org.mla4j.models.architecture.AttentionWeights;
import org.mla4j.models.architecture.WeightSource;

/**
 * One decoder layer: attention, then feed-forward, each normed before and added to the residual
 * stream after.
 *
 * @param config the model
 * @param cacheType type of the cache
 * @param source the layer's weights
 * @param index which layer it is
 */
record DeepseekLayer(DeepseekConfig config, CacheType cacheType, WeightSource source, int index) {
  /** Adds the layer to a plan that is scoped to it; changes the residual stream in place. */
  void add(PlanBuilder plan, StepValue hidden) {
    StreamNorm norm = config.streamNorm();
    StepValue toAttend = norm.add(plan, source, "input_layernorm", ALL, hidden);
    plan.add("attn_add", ALL, new Add(hidden, attention(plan, toAttend)));
    StepValue toTransform = norm.add(plan, source, "post_attention_layernorm", ALL, hidden);
    MoeSpec moe = config.moe(index);
    StepValue transformed =
        moe == null ? dense(plan, toTransform) : experts(plan, moe, toTransform);
    plan.add("mlp_add", ALL, new Add(hidden, transformed));
  }

  private StepValue attention(PlanBuilder plan, StepValue x) {
    WeightSource weights = source.in("self_attn");
    MlaSpec spec = AttentionCache.of(config.attention(), cacheType, weights);
    return MlaLayer.add(plan, "attn", spec, AttentionWeights.find(spec, weights), x);
  }

  private StepValue dense(PlanBuilder plan, StepValue x) {
    return GatedMlp.add(
        plan,
        "mlp",
        source
            .in("mlp")
            .gatedMlp("intermediate_size", config.intermediateSize(), config.hiddenSize()),
        x);
  }

  private StepValue experts(PlanBuilder plan, MoeSpec spec, StepValue x) {
    ExpertWeights weights = ExpertWeights.find(spec, source.in("mlp"));
    return MoeLayer.add(
        plan,
        "mlp",
        spec,
        weights.router(),
        weights.correctionBias(),
        weights.routed(),
        weights.shared(),
        x);
  }
}
