package org.mla4j.models.architecture.dense;

import org.mla4j.api.layer.GqaWeights;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.GqaLayer;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.AttentionCache;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.architecture.decoder.DecoderConfig;
import org.mla4j.models.architecture.decoder.DecoderLayers;

/**
 * Dense layers with grouped-query attention.
 *
 * @param config what all decoders have
 * @param attention the attention of every layer, with an F32 cache
 */
record DenseLayers(DecoderConfig config, GqaSpec attention) implements DecoderLayers {
  @Override
  public StepValue attention(
      PlanBuilder plan, CacheDTypes cacheDTypes, WeightSource source, StepValue x) {
    WeightSource weights = source.in("self_attn");
    GqaSpec spec =
        AttentionCache.of(attention, cacheDTypes.of(GroupedQueryAttention.TYPE), weights);
    return GqaLayer.add(plan, "attn", spec, weights(spec, weights), x);
  }

  private static GqaWeights weights(GqaSpec spec, WeightSource source) {
    String queries = "num_attention_heads * head_dim";
    String keys = "num_key_value_heads * head_dim";
    String hidden = "hidden_size";
    long queryWidth = (long) spec.numHeads() * spec.headDim();
    long keyWidth = (long) spec.numKeyHeads() * spec.headDim();
    int width = spec.hiddenSize();
    return new GqaWeights(
        source.projection("q_proj", queries, hidden, queryWidth, width),
        source.projection("k_proj", keys, hidden, keyWidth, width),
        source.projection("v_proj", keys, hidden, keyWidth, width),
        source.projection("o_proj", hidden, queries, width, queryWidth),
        spec.qHeadNorm() == null
            ? null
            : source.in("q_norm").tensor("weight", "[head_dim]", spec.headDim()),
        spec.kHeadNorm() == null
            ? null
            : source.in("k_norm").tensor("weight", "[head_dim]", spec.headDim()));
  }
}
