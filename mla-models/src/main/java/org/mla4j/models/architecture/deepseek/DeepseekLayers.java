package org.mla4j.models.architecture.deepseek;

import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.MoeLayer;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.architecture.decoder.DecoderConfig;
import org.mla4j.models.architecture.decoder.DecoderLayers;
import org.mla4j.models.architecture.decoder.LatentAttention;

/**
 * Layers of Multi-Head Latent Attention, the first ones dense and the others mixtures of experts.
 *
 * @param deepseek the model
 */
record DeepseekLayers(DeepseekConfig deepseek) implements DecoderLayers {
  @Override
  public DecoderConfig config() {
    return deepseek.decoder();
  }

  @Override
  public StepValue attention(
      PlanBuilder plan, CacheDTypes cacheDTypes, WeightSource source, StepValue x) {
    return LatentAttention.add(plan, deepseek.attention(), cacheDTypes, source, x);
  }

  @Override
  public StepValue feedForward(PlanBuilder plan, WeightSource source, int layer, StepValue x) {
    MoeSpec spec = deepseek.moe(layer);
    if (spec == null) {
      return DecoderLayers.super.feedForward(plan, source, layer, x);
    }
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
