package org.mla4j.models.architecture.deepseek;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.models.architecture.decoder.DecoderConfig;
import org.mla4j.models.architecture.decoder.LatentAttention;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * What a DeepSeek configuration says, in our terms.
 *
 * @param decoder what all decoders have
 * @param attention the attention of every layer, with an F32 cache
 * @param moe the mixture of experts; null for a model that has dense layers only
 * @param firstMoeLayer layers before it are dense
 * @param moeLayerFrequency of the layers from there on, each whose index it divides is a mixture
 */
record DeepseekConfig(
    DecoderConfig decoder,
    MlaSpec attention,
    @Nullable MoeSpec moe,
    int firstMoeLayer,
    int moeLayerFrequency) {

  static DeepseekConfig read(ModelConfig config, DeepseekRouting routing) {
    DecoderConfig decoder = DecoderConfig.read(config);
    boolean sparse = config.count("n_routed_experts") > 0;
    return new DeepseekConfig(
        decoder,
        attention(config, decoder),
        sparse ? routing.read(config, decoder.hiddenSize()) : null,
        config.count("first_k_dense_replace"),
        config.has("moe_layer_freq") ? config.positiveInt("moe_layer_freq") : 1);
  }

  /** The mixture of experts of a layer; null for a dense one. */
  @Nullable MoeSpec moe(int layer) {
    return layer >= firstMoeLayer && layer % moeLayerFrequency == 0 ? moe : null;
  }

  private static MlaSpec attention(ModelConfig config, DecoderConfig decoder) {
    int ropeDim = config.positiveInt("qk_rope_head_dim");
    int qLoraRank = config.count("q_lora_rank");
    NormSpec latentNorm = new NormSpec(LatentAttention.LATENT_NORM_EPS);
    MlaSpec.Builder attention =
        LatentAttention.dimensions(config, decoder.hiddenSize())
            .vHeadDim(config.positiveInt("v_head_dim"))
            .qANorm(qLoraRank > 0 ? latentNorm : null)
            .kvANorm(latentNorm);
    DeepseekRope rope = DeepseekRope.read(config, ropeDim, decoder.maxPositions());
    return attention.rope(rope.rope()).softmaxScale(rope.softmaxScale()).build();
  }
}
