package org.mla4j.models.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.TestPlan;

/** Fields of other families than DeepSeek that would be misread are refused by name. */
class FamilyRefusalTest {
  private static final String QWEN2 = "qwen2-tiny";
  private static final String QWEN3 = "qwen3-tiny";
  private static final String CONVERTED = "qwen2-mla-lowrank-tiny";
  private static final String GLM = "glm4-moe-lite-tiny";
  private static final String MINICPM = "minicpm3-tiny";
  private static final String ATTENTION = "model.layers.0.self_attn.";

  @TempDir Path folder;

  static Stream<Arguments> fields() {
    return Stream.concat(groupedQueries(), latents());
  }

  private static Stream<Arguments> groupedQueries() {
    return Stream.of(
        arguments(
            QWEN2,
            "use_sliding_window",
            "true",
            "'use_sliding_window' is true; expected false: sliding windows are not supported"),
        arguments(
            QWEN3,
            "layer_types",
            "['full_attention','sliding_attention']",
            "'layer_types[1]' is \"sliding_attention\"; expected one of full_attention"),
        arguments(
            QWEN2,
            "dual_chunk_attention_config",
            "{'chunk_size':262144}",
            "'dual_chunk_attention_config' is given; expected no such field: attention in chunks is"
                + " not supported"),
        arguments(QWEN2, "hidden_act", "'gelu'", "'hidden_act' is \"gelu\"; expected one of silu"),
        arguments(
            QWEN2,
            "num_key_value_heads",
            "3",
            "'num_key_value_heads' is 3; expected a divisor of num_attention_heads = 8"),
        arguments(
            QWEN2,
            "num_attention_heads",
            "6",
            "'num_attention_heads' is 6; expected a divisor of hidden_size = 128, or a field"
                + " head_dim"),
        arguments(QWEN3, "head_dim", null, "'head_dim' is missing; expected a positive integer"),
        arguments(
            QWEN3,
            "head_dim",
            "47",
            "'head_dim' is 47; expected an even number, since elements turn in pairs"),
        arguments(
            QWEN3,
            "attention_bias",
            "true",
            "'attention_bias' is true; expected false or no such field, since the checkpoint has no"
                + " tensor 'model.layers.0.self_attn.q_proj.bias'"),
        arguments(
            QWEN2,
            "rope_scaling",
            "{'type':'dynamic','factor':2}",
            "'rope_scaling.type' is \"dynamic\"; expected one of default, yarn"),
        arguments(
            QWEN2,
            "rope_scaling",
            "{'type':'yarn','factor':4,'original_max_position_embeddings':8192,'mscale':1}",
            "'rope_scaling.mscale' is given; expected no such field: cos and sin are scaled by"
                + " factor"),
        arguments(
            QWEN3,
            "quantization_config",
            "{'quant_method':'compressed-tensors'}",
            "'quantization_config.quant_method' is \"compressed-tensors\"; expected one of fp8"),
        arguments(
            QWEN2,
            "num_hidden_layers",
            "4",
            "'num_hidden_layers' is 4; expected fewer, since the checkpoint has no tensor"
                + " 'model.layers.3.*'"),
        arguments(
            QWEN2,
            "num_hidden_layers",
            "2",
            "'num_hidden_layers' is 2; expected more, since the checkpoint has tensor"
                + " 'model.layers.2.input_layernorm.weight', which belongs to no"
                + " multi-token-prediction layer"));
  }

  private static Stream<Arguments> latents() {
    return Stream.of(
        arguments(
            CONVERTED,
            "qk_latent_layernorm",
            "true",
            "'qk_latent_layernorm' is true; expected false or no such field, since the checkpoint"
                + " has no tensor 'model.layers.0.self_attn.kv_a_layernorm.weight'"),
        arguments(
            CONVERTED,
            "n_routed_experts",
            "8",
            "'n_routed_experts' is 8; expected 0 or no such field: models of this architecture have"
                + " dense layers only"),
        arguments(
            CONVERTED,
            "attention_bias",
            "false",
            "'attention_bias' is false; expected true or no such field, since the checkpoint has"
                + " tensor 'model.layers.0.self_attn.q_proj.bias'"),
        arguments(
            CONVERTED,
            "rope_scaling",
            "{'rope_type':'llama3','factor':8}",
            "'rope_scaling.rope_type' is \"llama3\"; expected one of default"),
        arguments(
            CONVERTED,
            "use_sliding_window",
            "true",
            "'use_sliding_window' is true; expected false: sliding windows are not supported"),
        arguments(
            GLM,
            "partial_rotary_factor",
            "0.5",
            "'partial_rotary_factor' is 0.5; expected 1: all of qk_rope_head_dim is turned"),
        arguments(
            GLM,
            "rope_parameters",
            "{'rope_theta':10000,'partial_rotary_factor':0.5}",
            "'rope_parameters.partial_rotary_factor' is 0.5; expected 1: all of qk_rope_head_dim is"
                + " turned"),
        arguments(
            GLM,
            "topk_method",
            "'greedy'",
            "'topk_method' is \"greedy\"; expected one of noaux_tc"),
        arguments(MINICPM, "scale_emb", null, "'scale_emb' is missing; expected a number"),
        arguments(MINICPM, "scale_depth", "0", "'scale_depth' is 0.0; expected a positive number"),
        arguments(
            MINICPM,
            "dim_model_base",
            null,
            "'dim_model_base' is missing; expected a positive integer"),
        arguments(
            MINICPM,
            "rope_scaling",
            "{'type':'yarn','factor':8}",
            "'rope_scaling.type' is \"yarn\"; expected one of default, longrope"),
        arguments(
            MINICPM,
            "rope_scaling",
            "{'type':'longrope','original_max_position_embeddings':32768,'short_factor':[1,2]}",
            "'rope_scaling.short_factor' is 2 numbers; expected 8, one for each pair of"
                + " qk_rope_head_dim = 16"),
        arguments(
            MINICPM,
            "rope_scaling",
            "{'type':'longrope','original_max_position_embeddings':32768,'short_factor':['x']}",
            "'rope_scaling.short_factor' is [\"x\"]; expected a list of numbers that 64 bits can"
                + " hold"),
        arguments(
            MINICPM,
            "rope_scaling",
            "{'type':'longrope','original_max_position_embeddings':16384,'factor':4}",
            "'rope_scaling.factor' is 4.0; expected max_position_embeddings /"
                + " original_max_position_embeddings = 2.0, or no such field"),
        arguments(
            MINICPM,
            "rope_scaling",
            "{'type':'longrope','long_mscale':1.2}",
            "'rope_scaling.long_mscale' is given; expected no such field; attention_factor says"
                + " it"));
  }

  @ParameterizedTest(name = "{0}: {1} = {2}")
  @MethodSource("fields")
  void refusesAField(String golden, String field, String json, String problem) {
    EditedCheckpoint.of(golden, folder).config(field, json).write();
    assertRefused(folder.resolve("config.json") + ": field " + problem + ". [MLA-0206]");
  }

  @Test
  void refusesNormsOfLatentsThatTheConfigurationDenies() {
    EditedCheckpoint.of(CONVERTED, folder).add(ATTENTION + "kv_a_layernorm.weight", 40).write();
    assertRefused(
        folder.resolve("config.json")
            + ": field 'qk_latent_layernorm' is false; expected true or no such field, since the"
            + " checkpoint has tensor '"
            + ATTENTION
            + "kv_a_layernorm.weight'. [MLA-0206]");
  }

  @Test
  void refusesKeysWithoutTheirBias() {
    String bias = ATTENTION + "k_proj.bias";
    EditedCheckpoint.of(QWEN2, folder).rename(bias, "elsewhere").write();
    String start = "Checkpoint '" + folder + "' has no tensor '" + bias + "'; nearest names: ";
    assertEquals(start, refusal().substring(0, start.length()));
  }

  @Test
  void namesTheShapeThatWasExpected() {
    String tensor = ATTENTION + "k_norm.weight";
    EditedCheckpoint.of(QWEN3, folder).reshape(tensor, 1, 48).write();
    assertRefused(
        "Checkpoint '"
            + folder
            + "', tensor '"
            + tensor
            + "': expected [head_dim] = [48], found [1, 48]. [MLA-0203]");
  }

  private void assertRefused(String message) {
    assertEquals(message, refusal());
  }

  private String refusal() {
    ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
    return assertThrows(
            ModelException.class,
            () -> {
              try (ModelDefinition model = Architectures.discover().open(folder, config)) {
                model.contribute(TestPlan.empty(), CacheDTypes.F32);
              }
            })
        .getMessage();
  }
}
