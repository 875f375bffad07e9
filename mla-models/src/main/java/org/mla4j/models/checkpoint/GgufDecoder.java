package org.mla4j.models.checkpoint;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What all decoders have in common: their tensors outside of attention, and their sizes. */
final class GgufDecoder {
  static final String EMBEDDING = "token_embd.weight";
  static final String HEAD = "output.weight";

  private static final double DEFAULT_THETA = 10000;
  static final List<String> STOPS =
      List.of(
          "tokenizer.ggml.eos_token_id",
          "tokenizer.ggml.eot_token_id",
          "tokenizer.ggml.eom_token_id");

  private GgufDecoder() {}

  static GgufNames names() {
    return new GgufNames()
        .model(EMBEDDING, "model.embed_tokens.weight")
        .model("output_norm.weight", "model.norm.weight")
        .model(HEAD, "lm_head.weight")
        .weights("attn_norm", "input_layernorm", "ffn_norm", "post_attention_layernorm")
        .weights("attn_output", "self_attn.o_proj")
        .weights("ffn_gate", "mlp.gate_proj", "ffn_up", "mlp.up_proj", "ffn_down", "mlp.down_proj");
  }

  static void readConfig(GgufKeys keys, GgufFile file, ObjectNode config) {
    GgufTensor embedding = file.tensors().get(EMBEDDING);
    if (embedding == null || embedding.shape().rank() != 2) {
      throw new ModelException(
          embedding == null ? ErrorCode.MISSING_TENSOR : ErrorCode.WRONG_SHAPE,
          file.path()
              + ": tensor '"
              + EMBEDDING
              + "' is "
              + (embedding == null ? "missing" : embedding.shape())
              + "; expected a matrix with a row for each token.");
    }
    int nextn = keys.count("nextn_predict_layers");
    int blocks = keys.positive("block_count");
    if (nextn >= blocks) {
      throw keys.refused("nextn_predict_layers", nextn, "fewer than block_count = " + blocks);
    }
    config.put("num_hidden_layers", blocks - nextn);
    config.put("num_nextn_predict_layers", nextn);
    config.put("hidden_size", keys.positive("embedding_length"));
    config.put("intermediate_size", keys.positive("feed_forward_length"));
    config.put("num_attention_heads", keys.positive("attention.head_count"));
    config.put("max_position_embeddings", keys.positive("context_length"));
    config.put(
        "rms_norm_eps",
        keys.number("attention.layer_norm_rms_epsilon")
            .orElseThrow(
                () -> keys.refused("attention.layer_norm_rms_epsilon", "missing", "a number")));
    config.put("rope_theta", keys.number("rope.freq_base").orElse(DEFAULT_THETA));
    if (keys.has("vocab_size")) {
      config.put("vocab_size", keys.positive("vocab_size"));
    } else {
      config.put("vocab_size", embedding.shape().extent(0));
    }
    config.put("tie_word_embeddings", !file.tensors().containsKey(HEAD));
    config.put("hidden_act", "silu");
    readTokens(keys.metadata(), config);
  }

  private static void readTokens(GgufMetadata metadata, ObjectNode config) {
    metadata.integer("tokenizer.ggml.bos_token_id").ifPresent(id -> config.put("bos_token_id", id));
    ArrayNode stops = config.putArray("eos_token_id");
    for (String key : STOPS) {
      metadata.integer(key).ifPresent(stops::add);
    }
  }

  static void writeSettings(ModelConfig config, GgufSettings settings) {
    config.choice("hidden_act", "silu", "silu");
    settings.integer("block_count", config.positiveInt("num_hidden_layers"));
    settings.integer("context_length", config.positiveInt("max_position_embeddings"));
    settings.integer("embedding_length", config.positiveInt("hidden_size"));
    settings.integer("feed_forward_length", config.positiveInt("intermediate_size"));
    settings.integer("attention.head_count", config.positiveInt("num_attention_heads"));
    settings.number(
        "attention.layer_norm_rms_epsilon", config.optionalDouble("rms_norm_eps").orElse(1e-6));
    settings.number("rope.freq_base", GgufRope.theta(config).orElse(DEFAULT_THETA));
    settings.integer("vocab_size", config.positiveInt("vocab_size"));
  }

  /** The ids that begin and end texts; remarks on those that the format has no place for. */
  static List<TokenId> tokens(
      ModelConfig config, GenerationConfig generation, List<String> remarks) {
    List<TokenId> tokens = new ArrayList<>();
    config
        .optionalInt("bos_token_id")
        .ifPresent(id -> tokens.add(new TokenId("tokenizer.ggml.bos_token_id", id)));
    List<Integer> stops = generation.stopTokens();
    for (int i = 0; i < Math.min(stops.size(), STOPS.size()); i++) {
      tokens.add(new TokenId(STOPS.get(i), stops.get(i)));
    }
    if (stops.size() > STOPS.size()) {
      remarks.add("of the stop tokens " + stops + " only the first " + STOPS.size() + " are kept");
    }
    return tokens;
  }

  /**
   * A token with a meaning.
   *
   * @param key where the metadata say it
   * @param id which token it is
   */
  record TokenId(String key, int id) {}
}
