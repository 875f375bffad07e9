package org.mla4j.models.architecture;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.weight.WeightHandle;

/**
 * Finds the weights of an attention layer by the names that DeepSeek gave them, which most
 * checkpoints with Multi-Head Latent Attention use.
 */
public final class AttentionWeights {
  private static final String HIDDEN = "hidden_size";
  private static final String QUERY_LATENT = "q_lora_rank";
  private static final String HEAD = "qk_nope_head_dim + qk_rope_head_dim";
  private static final String QUERIES =
      "num_attention_heads * (qk_nope_head_dim + qk_rope_head_dim)";

  private final MlaSpec spec;
  private final WeightSource source;

  private AttentionWeights(MlaSpec spec, WeightSource source) {
    this.spec = spec;
    this.source = source;
  }

  /**
   * Finds the weights of a layer, with the biases that the checkpoint has.
   *
   * @param spec the layer; it says whether there is a query LoRA, and which latents and heads are
   *     normed
   * @param source the weights of the layer, such as those below {@code model.layers.0.self_attn}
   * @return the weights by role
   * @throws org.mla4j.api.error.ModelException if one is missing or has another shape
   */
  public static MlaWeights find(MlaSpec spec, WeightSource source) {
    return new AttentionWeights(spec, source).all();
  }

  private MlaWeights all() {
    return new MlaWeights(
        spec.hasQLora() ? null : queries("q_proj", HIDDEN, spec.hiddenSize()),
        spec.hasQLora()
            ? source.projection(
                "q_a_proj", QUERY_LATENT, HIDDEN, spec.qLoraRank(), spec.hiddenSize())
            : null,
        norm(spec.qANorm(), "q_a_layernorm", QUERY_LATENT, spec.qLoraRank()),
        spec.hasQLora() ? queries("q_b_proj", QUERY_LATENT, spec.qLoraRank()) : null,
        source.projection(
            "kv_a_proj_with_mqa",
            "kv_lora_rank + qk_rope_head_dim",
            HIDDEN,
            (long) spec.kvLoraRank() + spec.qkRopeHeadDim(),
            spec.hiddenSize()),
        norm(spec.kvANorm(), "kv_a_layernorm", "kv_lora_rank", spec.kvLoraRank()),
        source.projection(
            "kv_b_proj",
            "num_attention_heads * (qk_nope_head_dim + v_head_dim)",
            "kv_lora_rank",
            (long) spec.numHeads() * (spec.qkNopeHeadDim() + spec.vHeadDim()),
            spec.kvLoraRank()),
        source.projection(
            "o_proj",
            HIDDEN,
            "num_attention_heads * v_head_dim",
            spec.hiddenSize(),
            (long) spec.numHeads() * spec.vHeadDim()),
        norm(spec.qHeadNorm(), "q_norm", HEAD, spec.qkHeadDim()),
        norm(spec.kHeadNorm(), "k_norm", HEAD, spec.qkHeadDim()));
  }

  private Projection queries(String name, String columns, long in) {
    return source.projection(name, QUERIES, columns, (long) spec.numHeads() * spec.qkHeadDim(), in);
  }

  private @Nullable WeightHandle norm(
      @Nullable NormSpec norm, String name, String symbol, int width) {
    return norm == null ? null : source.in(name).tensor("weight", "[" + symbol + "]", width);
  }
}
