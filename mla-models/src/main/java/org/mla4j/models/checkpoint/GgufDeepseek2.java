package org.mla4j.models.checkpoint;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code deepseek2}: DeepSeek-V2 and -V3 with all that are built like them, GLM-4.7-Flash included.
 *
 * <p>llama.cpp describes attention in two ways. Files with {@code attn_k_b} and {@code attn_v_b}
 * give the lengths of the absorbed form, one wide head for keys and values, and beside them those
 * of single heads ({@code key_length_mla}); older ones with {@code attn_kv_b} give only the latter.
 */
final class GgufDeepseek2 implements GgufArchitecture {
  /** Which kind of configuration was written to the file; our own key. */
  static final String SOURCE = "mla4j.architecture";

  private static final String V2 = "DeepseekV2ForCausalLM";
  private static final String V3 = "DeepseekV3ForCausalLM";
  private static final String GLM = "Glm4MoeLiteForCausalLM";

  private static final String KEY_LENGTH = "attention.key_length";
  private static final String VALUE_LENGTH = "attention.value_length";
  private static final String GATING = "expert_gating_func";
  private static final int SOFTMAX = 1;
  private static final int SIGMOID = 2;

  private static final GgufNames NAMES =
      GgufDecoder.names()
          .weights(
              "attn_q", "self_attn.q_proj",
              "attn_q_a", "self_attn.q_a_proj",
              "attn_q_a_norm", "self_attn.q_a_layernorm",
              "attn_q_b", "self_attn.q_b_proj",
              "attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa",
              "attn_kv_a_norm", "self_attn.kv_a_layernorm",
              "attn_kv_b", "self_attn.kv_b_proj",
              "ffn_gate_inp", "mlp.gate",
              "ffn_gate_shexp", "mlp.shared_experts.gate_proj",
              "ffn_up_shexp", "mlp.shared_experts.up_proj",
              "ffn_down_shexp", "mlp.shared_experts.down_proj",
              "nextn.eh_proj", "eh_proj",
              "nextn.embed_tokens", "embed_tokens",
              "nextn.enorm", "enorm",
              "nextn.hnorm", "hnorm",
              "nextn.shared_head_head", "shared_head.head",
              "nextn.shared_head_norm", "shared_head.norm")
          .tensors("exp_probs_b.bias", "mlp.gate.e_score_correction_bias")
          .experts(
              "ffn_gate_exps", "gate_proj", "ffn_up_exps", "up_proj", "ffn_down_exps", "down_proj");

  @Override
  public String name() {
    return "deepseek2";
  }

  @Override
  public GgufNames names() {
    return NAMES;
  }

  @Override
  public Set<String> huggingFace() {
    return Set.of(V2, V3, GLM);
  }

  @Override
  public void readConfig(GgufKeys keys, GgufFile file, ObjectNode config) {
    readAttention(keys, config);
    GgufRope.readConfig(keys, config);
    boolean sigmoid = isSigmoid(keys, file);
    config.putArray("architectures").add(architecture(keys, sigmoid));
    int experts = keys.count("expert_count");
    config.put("first_k_dense_replace", keys.count("leading_dense_block_count"));
    keys.ignore("expert_feed_forward_length", "expert_shared_feed_forward_length");
    if (experts > 0) {
      config.put("n_routed_experts", experts);
      readExperts(keys, config, sigmoid, experts);
    } else {
      keys.ignore(
          "expert_used_count",
          "expert_shared_count",
          "expert_group_count",
          "expert_group_used_count",
          "expert_weights_scale",
          "expert_weights_norm");
    }
  }

  private static void readAttention(GgufKeys keys, ObjectNode config) {
    int rope = keys.positive("rope.dimension_count");
    int rank = keys.positive("attention.kv_lora_rank");
    boolean absorbed = keys.has("attention.key_length_mla");
    int key = keys.positive(absorbed ? "attention.key_length_mla" : KEY_LENGTH);
    int value = keys.positive(absorbed ? "attention.value_length_mla" : VALUE_LENGTH);
    if (absorbed) {
      String why = "the length in the absorbed form,";
      keys.requireEqual(KEY_LENGTH, rank + rope, why + " kv_lora_rank + rope.dimension_count");
      keys.requireEqual(VALUE_LENGTH, rank, why + " kv_lora_rank");
    }
    if (key <= rope) {
      throw keys.refused(
          absorbed ? "attention.key_length_mla" : KEY_LENGTH,
          key,
          "more than rope.dimension_count = " + rope);
    }
    int heads = keys.positive("attention.head_count");
    int shared = keys.integer("attention.head_count_kv").orElse(heads);
    if (shared != 1 && shared != heads) {
      throw keys.refused("attention.head_count_kv", shared, "1 or head_count = " + heads);
    }
    int queryRank = keys.count("attention.q_lora_rank");
    if (queryRank > 0) {
      config.put("q_lora_rank", queryRank);
    } else {
      config.putNull("q_lora_rank");
    }
    config.put("kv_lora_rank", rank);
    config.put("qk_rope_head_dim", rope);
    config.put("qk_nope_head_dim", key - rope);
    config.put("v_head_dim", value);
  }

  /**
   * How experts are scored. Files from before DeepSeek-V3 do not say it; those of GLM-4.7-Flash did
   * not at first, but have the correction bias that only sigmoid scores come with.
   */
  private static boolean isSigmoid(GgufKeys keys, GgufFile file) {
    int gating = keys.count(GATING);
    boolean corrected =
        file.tensors().keySet().stream().anyMatch(name -> name.endsWith("exp_probs_b.bias"));
    if (gating == SOFTMAX && corrected) {
      throw keys.refused(GATING, gating, "2 (sigmoid), since there are tensors exp_probs_b.bias");
    }
    return switch (gating) {
      case 0 -> corrected;
      case SOFTMAX -> false;
      case SIGMOID -> true;
      default -> throw keys.refused(GATING, gating, "1 (soft-max) or 2 (sigmoid)");
    };
  }

  private static String architecture(GgufKeys keys, boolean sigmoid) {
    boolean glm = keys.metadata().string(SOURCE).filter(GLM::equals).isPresent();
    return !sigmoid ? V2 : glm ? GLM : V3;
  }

  private static void readExperts(GgufKeys keys, ObjectNode config, boolean sigmoid, int experts) {
    int groups = keys.count("expert_group_count");
    int kept = keys.count("expert_group_used_count");
    if (groups == 0) {
      // Files from before llama.cpp had groups; two models were trained with some.
      boolean ofV2 = !sigmoid && experts == 160;
      boolean ofV3 = sigmoid && experts == 256;
      groups = ofV2 || ofV3 ? 8 : 1;
      kept = ofV2 ? 3 : ofV3 ? 4 : 1;
    }
    boolean norm = keys.bool("expert_weights_norm");
    if (norm && !sigmoid) {
      throw keys.refused(
          "expert_weights_norm", true, "false, since soft-max scores are never normalised again");
    }
    OptionalDouble scale = keys.number("expert_weights_scale");
    config.put("num_experts_per_tok", keys.positive("expert_used_count"));
    config.put("moe_intermediate_size", keys.positive("expert_feed_forward_length"));
    config.put("n_shared_experts", keys.count("expert_shared_count"));
    // Zero is what llama.cpp takes for "not scaled".
    config.put("routed_scaling_factor", scale.orElse(0) == 0 ? 1.0 : scale.getAsDouble());
    config.put("norm_topk_prob", norm);
    config.put("n_group", groups);
    config.put("topk_group", kept);
    config.put("scoring_func", sigmoid ? "sigmoid" : "softmax");
    String softmax = groups > 1 ? "group_limited_greedy" : "greedy";
    config.put("topk_method", sigmoid ? "noaux_tc" : softmax);
  }

  @Override
  public void writeSettings(ModelConfig config, GgufSettings settings) {
    if (!config.booleanField("rope_interleave", true)) {
      throw config.refused("rope_interleave", "false", "true, as llama.cpp always has it");
    }
    if (config.optionalInt("moe_layer_freq").orElse(1) != 1) {
      throw config.refused(
          "moe_layer_freq", Integer.toString(config.intField("moe_layer_freq")), "1");
    }
    if (config.optionalDouble("partial_rotary_factor").orElse(1) != 1) {
      throw config.refused(
          "partial_rotary_factor",
          Double.toString(config.doubleField("partial_rotary_factor")),
          "1");
    }
    int rope = config.positiveInt("qk_rope_head_dim");
    int rank = config.positiveInt("kv_lora_rank");
    settings.integer("attention.head_count_kv", 1);
    if (config.count("q_lora_rank") > 0) {
      settings.integer("attention.q_lora_rank", config.count("q_lora_rank"));
    }
    settings.integer("attention.kv_lora_rank", rank);
    settings.integer(KEY_LENGTH, rank + rope);
    settings.integer(VALUE_LENGTH, rank);
    settings.integer("attention.key_length_mla", config.positiveInt("qk_nope_head_dim") + rope);
    settings.integer("attention.value_length_mla", config.positiveInt("v_head_dim"));
    settings.integer("rope.dimension_count", rope);
    GgufRope.writeSettings(config, settings);
    writeExperts(config, settings);
  }

  /** Describes attention as it was before llama.cpp absorbed: for files with one projection. */
  void unabsorb(ModelConfig config, Map<String, Object> settings) {
    int rope = config.positiveInt("qk_rope_head_dim");
    settings.remove(name() + ".attention.key_length_mla");
    settings.remove(name() + ".attention.value_length_mla");
    settings.put(name() + "." + KEY_LENGTH, config.positiveInt("qk_nope_head_dim") + rope);
    settings.put(name() + "." + VALUE_LENGTH, config.positiveInt("v_head_dim"));
    settings.put(name() + ".attention.head_count_kv", config.positiveInt("num_attention_heads"));
  }

  private static void writeExperts(ModelConfig config, GgufSettings settings) {
    int experts = config.count("n_routed_experts");
    settings.integer(
        "leading_dense_block_count",
        experts == 0
            ? config.positiveInt("num_hidden_layers")
            : config.count("first_k_dense_replace"));
    settings.integer(
        "expert_feed_forward_length",
        config.positiveInt(experts == 0 ? "intermediate_size" : "moe_intermediate_size"));
    settings.integer("expert_shared_count", config.count("n_shared_experts"));
    if (experts == 0) {
      return;
    }
    boolean softmax = config.strings("architectures").contains(V2);
    Optional<String> method = config.optionalString("topk_method");
    boolean ungrouped = softmax && !method.filter("group_limited_greedy"::equals).isPresent();
    settings.integer("expert_count", experts);
    settings.integer("expert_used_count", config.positiveInt("num_experts_per_tok"));
    settings.integer("expert_group_count", ungrouped ? 1 : config.positiveInt("n_group"));
    settings.integer("expert_group_used_count", ungrouped ? 1 : config.positiveInt("topk_group"));
    settings.number("expert_weights_scale", config.doubleField("routed_scaling_factor"));
    settings.bool("expert_weights_norm", !softmax && config.booleanField("norm_topk_prob", true));
    settings.integer(GATING, softmax ? SOFTMAX : SIGMOID);
  }
}
