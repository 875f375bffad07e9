package org.mla4j.models.checkpoint;

import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code qwen2}, {@code qwen3} and {@code llama}: decoders with grouped-query attention. Those of
 * Qwen turn halves of a head as the Hub has them; for {@code llama} the rows of queries and keys
 * were brought into the order in which neighbours turn.
 */
final class GgufQwen implements GgufArchitecture {
  /** Qwen2 and Qwen2.5, with biases of queries, keys and values. */
  static final GgufQwen QWEN2 =
      new GgufQwen(
          "qwen2",
          "Qwen2ForCausalLM",
          projections()
              .biases("attn_q", "self_attn.q_proj")
              .biases("attn_k", "self_attn.k_proj", "attn_v", "self_attn.v_proj"));

  /** Qwen3, with norms of queries and keys. */
  static final GgufQwen QWEN3 =
      new GgufQwen(
          "qwen3",
          "Qwen3ForCausalLM",
          projections()
              .weights("attn_q_norm", "self_attn.q_norm", "attn_k_norm", "self_attn.k_norm"));

  /** Llama, read only. */
  static final GgufQwen LLAMA = new GgufQwen("llama", "LlamaForCausalLM", projections());

  private final String name;
  private final String huggingFace;
  private final GgufNames names;

  private GgufQwen(String name, String huggingFace, GgufNames names) {
    this.name = name;
    this.huggingFace = huggingFace;
    this.names = names;
  }

  private static GgufNames projections() {
    return GgufDecoder.names()
        .weights("attn_q", "self_attn.q_proj")
        .weights("attn_k", "self_attn.k_proj", "attn_v", "self_attn.v_proj");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public GgufNames names() {
    return names;
  }

  @Override
  public Set<String> huggingFace() {
    return this == LLAMA ? Set.of() : Set.of(huggingFace);
  }

  @Override
  public void readConfig(GgufKeys keys, GgufFile file, ObjectNode config) {
    config.putArray("architectures").add(huggingFace);
    int heads = keys.positive("attention.head_count");
    int hidden = keys.positive("embedding_length");
    int shared = keys.integer("attention.head_count_kv").orElse(heads);
    if (shared <= 0) {
      throw keys.refused("attention.head_count_kv", shared, "a positive integer");
    }
    config.put("num_key_value_heads", shared);
    OptionalInt given = keys.integer("attention.key_length");
    int width = given.orElse(hidden / heads);
    if (width <= 0) {
      throw keys.refused("attention.key_length", width, "a positive integer");
    }
    if (given.isPresent() || hidden % heads != 0) {
      config.put("head_dim", width);
    }
    keys.requireEqual("attention.value_length", width, "the length of keys");
    keys.requireEqual("rope.dimension_count", width, "the length of keys, all of which turns");
    keys.requireEqual("expert_count", 0, "no experts");
    keys.requireEqual("expert_used_count", 0, "no experts");
    GgufRope.readConfig(keys, config);
    config.put("use_sliding_window", false);
    if (this != QWEN2) {
      config.put("attention_bias", false);
    }
  }

  @Override
  public void writeSettings(ModelConfig config, GgufSettings settings) {
    if (config.booleanField("use_sliding_window", false)) {
      throw config.refused("use_sliding_window", "true", "false");
    }
    settings.integer(
        "attention.head_count_kv",
        config.optionalInt("num_key_value_heads").isPresent()
            ? config.positiveInt("num_key_value_heads")
            : config.positiveInt("num_attention_heads"));
    if (config.has("head_dim")) {
      settings.integer("attention.key_length", config.positiveInt("head_dim"));
      settings.integer("attention.value_length", config.positiveInt("head_dim"));
    }
    GgufRope.writeSettings(config, settings);
  }
}
