package org.mla4j.models.architecture.transmla;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.architecture.decoder.DecoderConfig;
import org.mla4j.models.architecture.decoder.DecoderLayers;
import org.mla4j.models.architecture.decoder.LatentAttention;
import org.mla4j.models.architecture.decoder.RopeFields;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * Dense layers whose attention a conversion made latent: latents may have no norms, heads may have
 * some, and biases are where the checkpoint has them.
 *
 * @param config what all decoders have
 * @param attention the attention of every layer, with an F32 cache
 */
record LlamaMlaLayers(DecoderConfig config, MlaSpec attention) implements DecoderLayers {
  static LlamaMlaLayers read(ModelConfig config, boolean normed, boolean normedHeads) {
    DecoderConfig decoder = DecoderConfig.read(config);
    MlaSpec.Builder dimensions = LatentAttention.dimensions(config, decoder.hiddenSize());
    @Nullable NormSpec latentNorm = normed ? new NormSpec(LatentAttention.LATENT_NORM_EPS) : null;
    @Nullable NormSpec headNorm = normedHeads ? decoder.norm() : null;
    return new LlamaMlaLayers(
        decoder,
        dimensions
            .vHeadDim(config.positiveInt("v_head_dim"))
            .qANorm(config.count("q_lora_rank") > 0 ? latentNorm : null)
            .kvANorm(latentNorm)
            .qHeadNorm(headNorm)
            .kHeadNorm(headNorm)
            .rope(rope(config, decoder.maxPositions()))
            .build());
  }

  private static RopeSpec rope(ModelConfig config, int maxPositions) {
    RopeFields fields = RopeFields.read(config);
    fields.type(); // no scaling is known that conversion leaves as it was
    return new RopeSpec(
        config.positiveInt("qk_rope_head_dim"),
        fields.theta(),
        RopeStyle.INTERLEAVED,
        new RopeScaling.None(),
        maxPositions);
  }

  @Override
  public StepValue attention(
      PlanBuilder plan, CacheDTypes cacheDTypes, WeightSource source, StepValue x) {
    return LatentAttention.add(plan, attention, cacheDTypes, source, x);
  }
}
