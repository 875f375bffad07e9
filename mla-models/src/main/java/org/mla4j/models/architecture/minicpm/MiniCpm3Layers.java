package org.mla4j.models.architecture.minicpm;

import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.architecture.decoder.DecoderConfig;
import org.mla4j.models.architecture.decoder.DecoderConfig.Scales;
import org.mla4j.models.architecture.decoder.DecoderLayers;
import org.mla4j.models.architecture.decoder.LatentAttention;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * Dense layers of Multi-Head Latent Attention whose contributions are scaled by the depth of the
 * model, embeddings by a factor, and logits by the width of the model.
 *
 * @param config what all decoders have
 * @param attention the attention of every layer, with an F32 cache
 */
record MiniCpm3Layers(DecoderConfig config, MlaSpec attention) implements DecoderLayers {
  /** Reads a configuration; one that does not say whether the head is tied goes by the file. */
  static MiniCpm3Layers read(ModelConfig config, boolean headless) {
    DecoderConfig decoder = DecoderConfig.read(config, headless);
    Scales scales =
        new Scales(
            positive(config, "scale_emb"),
            positive(config, "scale_depth") / Math.sqrt(decoder.layers()),
            config.positiveInt("dim_model_base") / (double) decoder.hiddenSize());
    return new MiniCpm3Layers(decoder.withScales(scales), attention(config, decoder));
  }

  private static double positive(ModelConfig config, String field) {
    double value = config.doubleField(field);
    if (value <= 0) {
      throw config.refused(field, Double.toString(value), "a positive number");
    }
    return value;
  }

  private static MlaSpec attention(ModelConfig config, DecoderConfig decoder) {
    NormSpec latentNorm = new NormSpec(LatentAttention.LATENT_NORM_EPS);
    return LatentAttention.dimensions(config, decoder.hiddenSize())
        .vHeadDim(valueWidth(config, decoder.hiddenSize()))
        .qANorm(config.count("q_lora_rank") > 0 ? latentNorm : null)
        .kvANorm(latentNorm)
        .rope(MiniCpm3Rope.read(config, decoder.maxPositions()))
        .build();
  }

  /** The published configurations do not name it. */
  private static int valueWidth(ModelConfig config, int hiddenSize) {
    if (config.has("v_head_dim")) {
      return config.positiveInt("v_head_dim");
    }
    int heads = config.positiveInt("num_attention_heads");
    if (hiddenSize % heads != 0) {
      throw config.refused(
          "num_attention_heads",
          Integer.toString(heads),
          "a divisor of hidden_size = " + hiddenSize + ", or a field v_head_dim");
    }
    return hiddenSize / heads;
  }

  @Override
  public StepValue attention(
      PlanBuilder plan, CacheDTypes cacheDTypes, WeightSource source, StepValue x) {
    return LatentAttention.add(plan, attention, cacheDTypes, source, x);
  }
}
