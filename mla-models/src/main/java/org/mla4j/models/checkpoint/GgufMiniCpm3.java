package org.mla4j.models.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code minicpm3}. Three scales of the model are constants of llama.cpp, equal to those of the one
 * model that was published; a file of ours says them, too, under keys that llama.cpp does not ask
 * for. Factors of the rope's frequencies are tensors.
 */
final class GgufMiniCpm3 implements GgufArchitecture {
  static final String SHORT_FACTORS = "rope_factors_short.weight";
  static final String LONG_FACTORS = "rope_factors_long.weight";

  /** Fields of LongRoPE that have no key. */
  private static final List<String> UNSAID =
      List.of("attention_factor", "short_mscale", "long_mscale");

  private static final String ORIGINAL = "rope.scaling.original_context_length";
  private static final String LONGROPE = "longrope";

  /** The fields of the scales, which are their keys too, and what llama.cpp takes them to be. */
  private enum Scale {
    EMBEDDING("scale_emb", 12),
    DEPTH("scale_depth", 1.4),
    BASE("dim_model_base", 256);

    private final String field;
    private final double constant;

    Scale(String field, double constant) {
      this.field = field;
      this.constant = constant;
    }
  }

  private static final GgufNames NAMES =
      GgufDecoder.names()
          .weights(
              "attn_q_a", "self_attn.q_a_proj",
              "attn_q_a_norm", "self_attn.q_a_layernorm",
              "attn_q_b", "self_attn.q_b_proj",
              "attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa",
              "attn_kv_a_norm", "self_attn.kv_a_layernorm",
              "attn_kv_b", "self_attn.kv_b_proj")
          .settings(SHORT_FACTORS, LONG_FACTORS);

  @Override
  public String name() {
    return "minicpm3";
  }

  @Override
  public GgufNames names() {
    return NAMES;
  }

  @Override
  public Set<String> huggingFace() {
    return Set.of("MiniCPM3ForCausalLM");
  }

  @Override
  public void readConfig(GgufKeys keys, GgufFile file, ObjectNode config) {
    config.putArray("architectures").add("MiniCPM3ForCausalLM");
    int rope = keys.positive("rope.dimension_count");
    int key = keys.positive("attention.key_length");
    if (key <= rope) {
      throw keys.refused("attention.key_length", key, "more than rope.dimension_count = " + rope);
    }
    config.put("q_lora_rank", keys.positive("attention.q_lora_rank"));
    config.put("kv_lora_rank", keys.positive("attention.kv_lora_rank"));
    config.put("qk_rope_head_dim", rope);
    config.put("qk_nope_head_dim", key - rope);
    OptionalInt value = keys.integer("attention.value_length");
    value.ifPresent(length -> config.put("v_head_dim", length));
    int heads = keys.positive("attention.head_count");
    keys.requireEqual("attention.head_count_kv", heads, "head_count");
    config.put("num_key_value_heads", heads);
    for (Scale scale : Scale.values()) {
      double number = keys.number(scale.field).orElse(scale.constant);
      if (number == Math.rint(number) && Math.abs(number) < Integer.MAX_VALUE) {
        config.put(scale.field, (int) number);
      } else {
        config.put(scale.field, number);
      }
    }
    int original = keys.has(ORIGINAL) ? keys.positive(ORIGINAL) : keys.positive("context_length");
    if (file.tensors().containsKey(SHORT_FACTORS) || file.tensors().containsKey(LONG_FACTORS)) {
      keys.ignore("rope.scaling.type");
      ObjectNode scaling = config.putObject("rope_scaling");
      scaling.put("type", LONGROPE);
      factors(file, SHORT_FACTORS, rope, scaling.putArray("short_factor"));
      factors(file, LONG_FACTORS, rope, scaling.putArray("long_factor"));
      scaling.put("original_max_position_embeddings", original);
    }
  }

  private static void factors(GgufFile file, String name, int rope, ArrayNode into) {
    GgufTensor tensor = file.tensors().get(name);
    if (tensor == null
        || tensor.dtype() != DType.F32
        || tensor.shape().rank() != 1
        || tensor.shape().extent(0) != rope / 2) {
      throw new ModelException(
          tensor == null ? ErrorCode.MISSING_TENSOR : ErrorCode.WRONG_SHAPE,
          file.path()
              + ": tensor '"
              + name
              + "' is "
              + (tensor == null ? "missing" : tensor.typeName() + " " + tensor.shape())
              + "; expected F32 ["
              + rope / 2
              + "], a factor for each pair that turns.");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, rope / 2);
      GgufWeights.stored(tensor, name).materialise(Tensor.dense(DType.F32, tensor.shape(), values));
      for (int i = 0; i < rope / 2; i++) {
        float factor = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        into.add(Double.parseDouble(Float.toString(factor)));
      }
    }
  }

  @Override
  public void writeSettings(ModelConfig config, GgufSettings settings) {
    int rope = config.positiveInt("qk_rope_head_dim");
    settings.integer("attention.head_count_kv", config.positiveInt("num_attention_heads"));
    settings.integer("attention.q_lora_rank", config.positiveInt("q_lora_rank"));
    settings.integer("attention.kv_lora_rank", config.positiveInt("kv_lora_rank"));
    settings.integer("attention.key_length", config.positiveInt("qk_nope_head_dim") + rope);
    if (config.has("v_head_dim")) {
      settings.integer("attention.value_length", config.positiveInt("v_head_dim"));
    }
    settings.integer("rope.dimension_count", rope);
    for (Scale scale : Scale.values()) {
      settings.number(scale.field, config.doubleField(scale.field));
    }
    Optional<ModelConfig> section = GgufRope.section(config);
    if (section.isPresent() && isLong(section.get())) {
      for (String field : UNSAID) {
        if (section.get().has(field)) {
          throw section.get().refused(field, "given", "none, which a GGUF file cannot say");
        }
      }
      settings.integer(ORIGINAL, section.get().positiveInt("original_max_position_embeddings"));
    }
  }

  @Override
  public Map<String, float[]> settingTensors(ModelConfig config) {
    Optional<ModelConfig> section = GgufRope.section(config).filter(GgufMiniCpm3::isLong);
    return section.isEmpty()
        ? Map.of()
        : Map.of(
            SHORT_FACTORS, section.get().floats("short_factor"),
            LONG_FACTORS, section.get().floats("long_factor"));
  }

  /** Whether a section about scaling has factors; it has nothing else that we could write. */
  private static boolean isLong(ModelConfig section) {
    return GgufRope.type(section, "default", LONGROPE).equals(LONGROPE);
  }
}
