package org.mla4j.models.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A small DeepSeek checkpoint of random weights, made as its configuration says. */
public final class RandomDeepseek {
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final String V3 =
      """
      {"architectures": ["DeepseekV3ForCausalLM"], "vocab_size": 48, "hidden_size": 64,
       "intermediate_size": 96, "moe_intermediate_size": 24, "num_hidden_layers": 3,
       "num_attention_heads": 4, "q_lora_rank": 40, "kv_lora_rank": 32, "qk_nope_head_dim": 16,
       "qk_rope_head_dim": 8, "v_head_dim": 12, "n_routed_experts": 8, "n_shared_experts": 1,
       "num_experts_per_tok": 3, "n_group": 4, "topk_group": 2, "routed_scaling_factor": 2.5,
       "norm_topk_prob": true, "scoring_func": "sigmoid", "topk_method": "noaux_tc",
       "first_k_dense_replace": 1, "moe_layer_freq": 1, "hidden_act": "silu",
       "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000,
       "rope_scaling": {"type": "yarn", "factor": 8, "original_max_position_embeddings": 4096,
         "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 0.8},
       "tie_word_embeddings": false, "attention_bias": false}
      """;

  private static final String V2_CHANGES =
      """
      {"architectures": ["DeepseekV2ForCausalLM"], "scoring_func": "softmax",
       "topk_method": "group_limited_greedy", "routed_scaling_factor": 4.0}
      """;

  private final ObjectNode config;
  private final SafetensorsFile file = new SafetensorsFile();
  private StoredWeights storage = StoredWeights.BF16;
  private @Nullable Set<String> biased;

  private RandomDeepseek(ObjectNode config) {
    this.config = config;
  }

  /** With query LoRA, YaRN, groups of experts and a shared expert. */
  public static RandomDeepseek v3() {
    return new RandomDeepseek((ObjectNode) JSON.readTree(V3));
  }

  /** As {@link #v3}, of the generation before. */
  public static RandomDeepseek v2() {
    RandomDeepseek model = v3();
    model.config.setAll((ObjectNode) JSON.readTree(V2_CHANGES));
    return model;
  }

  /** Gives a field of config.json a value that is JSON with single quotes; null removes it. */
  public RandomDeepseek config(String field, @Nullable String json) {
    if (json == null) {
      config.remove(field);
    } else {
      config.set(field, JSON.readTree(json.replace('\'', '"')));
    }
    return this;
  }

  /** Gives a field of a section of config.json another value. */
  public RandomDeepseek config(String section, String field, String json) {
    ((ObjectNode) config.get(section)).set(field, JSON.readTree(json));
    return this;
  }

  public RandomDeepseek stored(StoredWeights as) {
    storage = as;
    return this;
  }

  /** Gives projections of the attention a bias, whatever the configuration says. */
  public RandomDeepseek biased(String... projections) {
    biased = Set.of(projections);
    return this;
  }

  /** Adds a number that no random weight stands for. */
  public RandomDeepseek scalar(String name, float value, long... shape) {
    file.floats(name, new float[] {value}, shape);
    return this;
  }

  /** Writes configuration and weights; the same for the same seed. */
  public Path write(Path folder, long seed) {
    Random random = new Random(seed);
    int hidden = number("hidden_size");
    matrix(random, "model.embed_tokens", number("vocab_size"), hidden, StoredWeights.BF16, 8);
    for (int layer = 0; layer < number("num_hidden_layers"); layer++) {
      String module = "model.layers." + layer + ".";
      norm(random, module + "input_layernorm", hidden);
      attention(random, module + "self_attn.");
      norm(random, module + "post_attention_layernorm", hidden);
      feedForward(random, module + "mlp.", layer);
    }
    norm(random, "model.norm", hidden);
    if (!config.path("tie_word_embeddings").asBoolean(false)) {
      matrix(random, "lm_head", number("vocab_size"), hidden, StoredWeights.BF16, 1);
    }
    writeConfig(folder);
    file.write(folder.resolve("model.safetensors"));
    return folder;
  }

  /** Writes the configuration alone, as it is now. */
  public void writeConfig(Path folder) {
    try {
      Files.writeString(folder.resolve("config.json"), config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void attention(Random random, String module) {
    int hidden = number("hidden_size");
    int heads = number("num_attention_heads");
    int latent = number("kv_lora_rank");
    int queryLatent = number("q_lora_rank");
    int queries = heads * (number("qk_nope_head_dim") + number("qk_rope_head_dim"));
    if (queryLatent == 0) {
      projection(random, module, "q_proj", queries, hidden);
    } else {
      projection(random, module, "q_a_proj", queryLatent, hidden);
      norm(random, module + "q_a_layernorm", queryLatent);
      projection(random, module, "q_b_proj", queries, queryLatent);
    }
    projection(random, module, "kv_a_proj_with_mqa", latent + number("qk_rope_head_dim"), hidden);
    norm(random, module + "kv_a_layernorm", latent);
    int keysAndValues = heads * (number("qk_nope_head_dim") + number("v_head_dim"));
    projection(random, module, "kv_b_proj", keysAndValues, latent);
    projection(random, module, "o_proj", hidden, heads * number("v_head_dim"));
  }

  private void feedForward(Random random, String module, int layer) {
    int experts = number("n_routed_experts");
    int frequency = Math.max(1, number("moe_layer_freq"));
    if (experts == 0 || layer < number("first_k_dense_replace") || layer % frequency != 0) {
      mlp(random, module, number("intermediate_size"));
      return;
    }
    int inner = number("moe_intermediate_size");
    matrix(random, module + "gate", experts, number("hidden_size"), StoredWeights.BF16, 2);
    if (config.get("scoring_func").asString().equals("sigmoid")) {
      float[] correction = gaussians(random, experts, 0.2);
      file.floats(module + "gate.e_score_correction_bias", correction, experts);
    }
    for (int expert = 0; expert < experts; expert++) {
      mlp(random, module + "experts." + expert + ".", inner);
    }
    if (number("n_shared_experts") > 0) {
      mlp(random, module + "shared_experts.", number("n_shared_experts") * inner);
    }
  }

  private void mlp(Random random, String module, int inner) {
    int hidden = number("hidden_size");
    matrix(random, module + "gate_proj", inner, hidden, storage, 1);
    matrix(random, module + "up_proj", inner, hidden, storage, 1);
    matrix(random, module + "down_proj", hidden, inner, storage, 1);
  }

  private void projection(Random random, String module, String name, int out, int in) {
    matrix(random, module + name, out, in, storage, 1.5);
    if (hasBias(name)) {
      vector(module + name + ".bias", gaussians(random, out, 0.5));
    }
  }

  private boolean hasBias(String projection) {
    return biased == null
        ? config.path("attention_bias").asBoolean(false)
            && Set.of("q_a_proj", "kv_a_proj_with_mqa", "o_proj").contains(projection)
        : biased.contains(projection);
  }

  private void matrix(
      Random random, String module, int out, int in, StoredWeights as, double gain) {
    float[] values = gaussians(random, out * in, gain / Math.sqrt(in));
    as.write(file, module + ".weight", values, out, in);
  }

  private void norm(Random random, String module, int width) {
    float[] values = gaussians(random, width, 0.2);
    for (int i = 0; i < width; i++) {
      values[i] += 1;
    }
    vector(module + ".weight", values);
  }

  /** Vectors are never quantised in blocks. */
  private void vector(String name, float[] values) {
    (storage.isBlockScaled() ? StoredWeights.BF16 : storage)
        .write(file, name, values, values.length);
  }

  private int number(String field) {
    JsonNode value = config.path(field);
    return value.isNumber() ? value.asInt() : 0;
  }

  private static float[] gaussians(Random random, int count, double deviation) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }
}
