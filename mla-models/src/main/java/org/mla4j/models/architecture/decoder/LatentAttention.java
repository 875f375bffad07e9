package org.mla4j.models.architecture.decoder;

import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.AttentionCache;
import org.mla4j.models.architecture.AttentionWeights;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.checkpoint.ModelConfig;

/** Multi-Head Latent Attention by the field and tensor names that DeepSeek gave it. */
public final class LatentAttention {
  /**
   * The references build the norms of both latents with this epsilon, whatever {@code rms_norm_eps}
   * says.
   */
  public static final double LATENT_NORM_EPS = 1e-6;

  private LatentAttention() {}

  /**
   * Reads the dimensions but for the width of a value head.
   *
   * @param config the configuration
   * @param hiddenSize width of the model
   * @return a description to be completed
   * @throws org.mla4j.api.error.ModelException if a field is missing or contradicts another
   */
  public static MlaSpec.Builder dimensions(ModelConfig config, int hiddenSize) {
    int heads = config.positiveInt("num_attention_heads");
    if (config.optionalInt("num_key_value_heads").orElse(heads) != heads) {
      throw config.refused(
          "num_key_value_heads",
          Integer.toString(config.intField("num_key_value_heads")),
          "num_attention_heads = " + heads + ", since every head has keys and values of its own");
    }
    int ropeDim = config.positiveInt("qk_rope_head_dim");
    if (ropeDim % 2 != 0) {
      throw config.refused(
          "qk_rope_head_dim",
          Integer.toString(ropeDim),
          "an even number, since elements turn in pairs");
    }
    return MlaSpec.builder()
        .hiddenSize(hiddenSize)
        .numHeads(heads)
        .qLoraRank(config.count("q_lora_rank"))
        .kvLoraRank(config.positiveInt("kv_lora_rank"))
        .qkNopeHeadDim(config.positiveInt("qk_nope_head_dim"))
        .qkRopeHeadDim(ropeDim);
  }

  /**
   * Adds such an attention to a layer.
   *
   * @param plan scoped to the layer
   * @param attention the attention, with any cache
   * @param cacheDTypes types of caches
   * @param layer the weights of the layer
   * @param x F32 {@code [T, H]}, normed
   * @return F32 {@code [T, H]}
   */
  public static StepValue add(
      PlanBuilder plan,
      MlaSpec attention,
      CacheDTypes cacheDTypes,
      WeightSource layer,
      StepValue x) {
    WeightSource weights = layer.in("self_attn");
    MlaSpec spec =
        AttentionCache.of(attention, cacheDTypes.of(MultiHeadLatentAttention.TYPE), weights);
    return MlaLayer.add(plan, "attn", spec, AttentionWeights.find(spec, weights), x);
  }
}
