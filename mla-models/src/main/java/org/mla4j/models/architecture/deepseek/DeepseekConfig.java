package org.mla4j.models.architecture.deepseek;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * What a DeepSeek configuration says, in our terms.
 *
 * @param name for people
 * @param vocabularySize token ids
 * @param hiddenSize width of the model
 * @param layers decoder layers; multi-token-prediction layers come after them in the file and are
 *     left out
 * @param intermediateSize inner width of a dense MLP
 * @param maxPositions longest sequence
 * @param norm norm of the residual stream
 * @param tiedEmbeddings whether the head is the embedding table
 * @param attention the attention of every layer, with an F32 cache
 * @param moe the mixture of experts; null for a model that has dense layers only
 * @param firstMoeLayer layers before it are dense
 * @param moeLayerFrequency of the layers from there on, each whose index it divides is a mixture
 */
record DeepseekConfig(
    String name,
    int vocabularySize,
    int hiddenSize,
    int layers,
    int intermediateSize,
    int maxPositions,
    NormSpec norm,
    boolean tiedEmbeddings,
    MlaSpec attention,
    @Nullable MoeSpec moe,
    int firstMoeLayer,
    int moeLayerFrequency) {
  /**
   * The reference builds the norms of both latents with this epsilon, whatever {@code rms_norm_eps}
   * says.
   */
  private static final double LATENT_NORM_EPS = 1e-6;

  static DeepseekConfig read(ModelConfig config, DeepseekRouting routing) {
    config.choice("hidden_act", "silu", "silu");
    if (config.booleanField("mlp_bias", false)) {
      throw config.refused("mlp_bias", "true", "false");
    }
    int hiddenSize = config.positiveInt("hidden_size");
    int maxPositions = config.positiveInt("max_position_embeddings");
    boolean sparse = config.count("n_routed_experts") > 0;
    return new DeepseekConfig(
        name(config.file()),
        config.positiveInt("vocab_size"),
        hiddenSize,
        config.positiveInt("num_hidden_layers"),
        config.positiveInt("intermediate_size"),
        maxPositions,
        new NormSpec(config.optionalDouble("rms_norm_eps").orElse(1e-6)),
        config.booleanField("tie_word_embeddings", false),
        attention(config, hiddenSize, maxPositions),
        sparse ? routing.read(config, hiddenSize) : null,
        config.count("first_k_dense_replace"),
        config.has("moe_layer_freq") ? config.positiveInt("moe_layer_freq") : 1);
  }

  /** The name of the folder, also when it was given as a dot. */
  private static String name(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path name = folder == null ? null : folder.getFileName();
    return name == null ? file.toString() : name.toString();
  }

  /** The mixture of experts of a layer; null for a dense one. */
  @Nullable MoeSpec moe(int layer) {
    return layer >= firstMoeLayer && layer % moeLayerFrequency == 0 ? moe : null;
  }

  /** The norms of the residual stream. */
  StreamNorm streamNorm() {
    return new StreamNorm(hiddenSize, norm.eps());
  }

  private static MlaSpec attention(ModelConfig config, int hiddenSize, int maxPositions) {
    int heads = config.positiveInt("num_attention_heads");
    if (config.optionalInt("num_key_value_heads").orElse(heads) != heads) {
      throw config.refused(
          "num_key_value_heads",
          Integer.toString(config.intField("num_key_value_heads")),
          "num_attention_heads = " + heads + ", since every head has keys and values of its own");
    }
    int qLoraRank = config.count("q_lora_rank");
    int ropeDim = config.positiveInt("qk_rope_head_dim");
    if (ropeDim % 2 != 0) {
      throw config.refused(
          "qk_rope_head_dim",
          Integer.toString(ropeDim),
          "an even number, since elements turn in pairs");
    }
    DeepseekRope rope = DeepseekRope.read(config, ropeDim, maxPositions);
    NormSpec latentNorm = new NormSpec(LATENT_NORM_EPS);
    return MlaSpec.builder()
        .hiddenSize(hiddenSize)
        .numHeads(heads)
        .qLoraRank(qLoraRank)
        .kvLoraRank(config.positiveInt("kv_lora_rank"))
        .qkNopeHeadDim(config.positiveInt("qk_nope_head_dim"))
        .qkRopeHeadDim(ropeDim)
        .vHeadDim(config.positiveInt("v_head_dim"))
        .qANorm(qLoraRank > 0 ? latentNorm : null)
        .kvANorm(latentNorm)
        .rope(rope.rope())
        .softmaxScale(rope.softmaxScale())
        .build();
  }
}
