package org.mla4j.models.architecture.deepseek;

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
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.TestPlan;

/** Checkpoints that cannot be run are refused with what was found and what was expected. */
class DeepseekRefusalTest {
  private static final String V2 = "deepseek-v2-lite-tiny";
  private static final String V3 = "deepseek-v3-tiny";

  @TempDir Path folder;

  /** One field of config.json changed, and what is said when the model is opened. */
  static Stream<Arguments> fields() {
    return Stream.of(
        arguments(V3, "hidden_size", null, "'hidden_size' is missing; expected a positive integer"),
        arguments(V3, "hidden_size", "0", "'hidden_size' is 0; expected a positive integer"),
        arguments(
            V3,
            "num_hidden_layers",
            "-1",
            "'num_hidden_layers' is -1; expected a positive integer"),
        arguments(V3, "vocab_size", "'x'", "'vocab_size' is \"x\"; expected an integer"),
        arguments(
            V3, "kv_lora_rank", null, "'kv_lora_rank' is missing; expected a positive integer"),
        arguments(V3, "hidden_act", "'gelu'", "'hidden_act' is \"gelu\"; expected one of silu"),
        arguments(
            V3,
            "scoring_func",
            "'softmax'",
            "'scoring_func' is \"softmax\"; expected one of sigmoid"),
        arguments(
            V2,
            "scoring_func",
            "'sigmoid'",
            "'scoring_func' is \"sigmoid\"; expected one of softmax"),
        arguments(
            V3, "topk_method", "'greedy'", "'topk_method' is \"greedy\"; expected one of noaux_tc"),
        arguments(
            V2,
            "topk_method",
            "'noaux_tc'",
            "'topk_method' is \"noaux_tc\"; expected one of greedy, group_limited_greedy"),
        arguments(V3, "n_group", null, "'n_group' is missing; expected an integer"),
        arguments(V3, "topk_group", null, "'topk_group' is missing; expected an integer"),
        arguments(V3, "mlp_bias", "true", "'mlp_bias' is true; expected false"),
        arguments(V3, "attention_bias", "1", "'attention_bias' is 1; expected true or false"),
        arguments(
            V3,
            "attention_bias",
            "true",
            "'attention_bias' is true; expected false or no such field, since the checkpoint has no"
                + " tensor 'model.layers.0.self_attn.q_a_proj.bias'"),
        arguments(
            V2,
            "attention_bias",
            "true",
            "'attention_bias' is true; expected false or no such field, since the checkpoint has no"
                + " tensor 'model.layers.0.self_attn.kv_a_proj_with_mqa.bias'"),
        arguments(
            V3,
            "n_shared_experts",
            "0",
            "'n_shared_experts' is 0; expected their number, since the checkpoint has tensor"
                + " 'model.layers.1.mlp.shared_experts.gate_proj.weight'"),
        arguments(
            V3,
            "n_shared_experts",
            null,
            "'n_shared_experts' is missing; expected their number, since the checkpoint has tensor"
                + " 'model.layers.1.mlp.shared_experts.gate_proj.weight'"),
        arguments(
            V3,
            "n_shared_experts",
            "99999999",
            "'n_shared_experts' is 99999999; expected fewer, since each has moe_intermediate_size ="
                + " 40"),
        arguments(V3, "n_shared_experts", "-1", "'n_shared_experts' is -1; expected 0 or more"),
        arguments(V3, "n_routed_experts", "-1", "'n_routed_experts' is -1; expected 0 or more"),
        arguments(V3, "q_lora_rank", "-1", "'q_lora_rank' is -1; expected 0 or more"),
        arguments(
            V3, "first_k_dense_replace", "-1", "'first_k_dense_replace' is -1; expected 0 or more"),
        arguments(
            V3,
            "num_experts_per_tok",
            "17",
            "'num_experts_per_tok' is 17; expected 1 to n_routed_experts = 16"),
        arguments(
            V3,
            "num_experts_per_tok",
            "0",
            "'num_experts_per_tok' is 0; expected 1 to n_routed_experts = 16"),
        arguments(
            V3,
            "num_experts_per_tok",
            "9",
            "'num_experts_per_tok' is 9; expected at most the 8 experts in topk_group = 2 groups"),
        arguments(
            V3, "n_group", "3", "'n_group' is 3; expected a divisor of n_routed_experts = 16"),
        arguments(
            V3, "n_group", "0", "'n_group' is 0; expected a divisor of n_routed_experts = 16"),
        arguments(V3, "topk_group", "5", "'topk_group' is 5; expected 1 to n_group = 4"),
        arguments(
            V3,
            "num_key_value_heads",
            "2",
            "'num_key_value_heads' is 2; expected num_attention_heads = 4, since every head has keys"
                + " and values of its own"),
        arguments(
            V3,
            "qk_rope_head_dim",
            "15",
            "'qk_rope_head_dim' is 15; expected an even number, since elements turn in pairs"),
        arguments(
            V3,
            "num_hidden_layers",
            "2147483647",
            "'num_hidden_layers' is 2147483647; expected fewer, since the checkpoint has no tensor"
                + " 'model.layers.2147483646.*'"),
        arguments(V3, "moe_layer_freq", "0", "'moe_layer_freq' is 0; expected a positive integer"),
        arguments(
            V3, "moe_layer_freq", "[0,1,1]", "'moe_layer_freq' is [0,1,1]; expected an integer"),
        arguments(
            V3,
            "routed_scaling_factor",
            null,
            "'routed_scaling_factor' is missing; expected a number"),
        arguments(
            V3,
            "rope_scaling",
            "{'type':'linear','factor':2}",
            "'rope_scaling.type' is \"linear\"; expected one of default, yarn"),
        arguments(
            V3,
            "rope_parameters",
            "{'rope_type':'longrope','factor':2}",
            "'rope_parameters.rope_type' is \"longrope\"; expected one of default, yarn"),
        arguments(V3, "rope_scaling", "'yarn'", "'rope_scaling' is \"yarn\"; expected an object"),
        arguments(
            V3,
            "rope_scaling",
            "{'type':'yarn','factor':40}",
            "'rope_scaling.original_max_position_embeddings' is missing; expected a positive"
                + " integer"),
        arguments(
            V3,
            "rope_scaling",
            "{'type':'yarn','factor':40,'original_max_position_embeddings':4096,'truncate':false}",
            "'rope_scaling.truncate' is false; expected true"),
        arguments(
            V3,
            "rope_scaling",
            "{'type':'yarn','factor':4,'original_max_position_embeddings':9,'attention_factor':2}",
            "'rope_scaling.attention_factor' is given; expected none; mscale and mscale_all_dim say"
                + " it"),
        arguments(
            V3,
            "quantization_config",
            "{'quant_method':'awq','bits':4}",
            "'quantization_config.quant_method' is \"awq\"; expected one of fp8"),
        arguments(
            V3,
            "quantization_config",
            "{'quant_method':'fp8','weight_block_size':[64,64]}",
            "'quantization_config.weight_block_size' is [64, 64]; expected [128, 128]"),
        arguments(
            V3,
            "quantization_config",
            "{'quant_method':'fp8'}",
            "'quantization_config.weight_block_size' is []; expected [128, 128]"),
        arguments(
            V3,
            "quantization_config",
            "{'quant_method':'fp8','scale_fmt':'ue4m3','weight_block_size':[128,128]}",
            "'quantization_config.scale_fmt' is \"ue4m3\"; expected one of ue8m0"),
        arguments(
            V3,
            "num_hidden_layers",
            "2",
            "'num_hidden_layers' is 2; expected more, since the checkpoint has tensor"
                + " 'model.layers.2.input_layernorm.weight', which belongs to no"
                + " multi-token-prediction layer"));
  }

  @ParameterizedTest(name = "{0}: {1} = {2}")
  @MethodSource("fields")
  void refusesAField(String golden, String field, String json, String problem) {
    EditedCheckpoint edited = EditedCheckpoint.of(golden, folder).config(field, json);
    assertNotOpened(edited, folder.resolve("config.json") + ": field " + problem + ". [MLA-0206]");
  }

  @Test
  void refusesFieldsThatDoNotFitTogether() {
    String file = folder.resolve("config.json").toString();
    assertNotOpened(
        EditedCheckpoint.of(V3, folder).config("rms_norm_eps", "0"),
        file + ": NormSpec: eps = 0.0; expected a positive finite number. [MLA-0206]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.embed_tokens.weight",
        "lm_head.weight",
        "model.norm.weight",
        "model.layers.1.input_layernorm.weight",
        "model.layers.0.self_attn.q_a_layernorm.weight",
        "model.layers.2.self_attn.kv_b_proj.weight",
        "model.layers.0.mlp.up_proj.weight",
        "model.layers.1.mlp.gate.e_score_correction_bias",
        "model.layers.2.mlp.experts.15.down_proj.weight",
        "model.layers.2.mlp.shared_experts.gate_proj.weight"
      })
  void namesAMissingTensor(String tensor) {
    ModelException e = planned(EditedCheckpoint.of(V3, folder).rename(tensor, "elsewhere"));
    assertEquals(ErrorCode.MISSING_TENSOR, e.code());
    String start = "Checkpoint '" + folder + "' has no tensor '" + tensor + "'; nearest names: ";
    assertEquals(start, e.getMessage().substring(0, start.length()));
  }

  @Test
  void namesWhatIsNearAMissingTensor() {
    EditedCheckpoint edited =
        EditedCheckpoint.of(V3, folder)
            .rename("model.layers.2.mlp.gate.weight", "model.layers.2.mlp.router.weight");
    assertEquals(
        "Checkpoint '"
            + folder
            + "' has no tensor 'model.layers.2.mlp.gate.weight'; nearest names:"
            + " model.layers.1.mlp.gate.weight, model.layers.3.mlp.gate.weight,"
            + " model.layers.2.mlp.router.weight. [MLA-0202]",
        planned(edited).getMessage());
  }

  static Stream<Arguments> shapes() {
    return Stream.of(
        arguments("model.embed_tokens.weight", "[vocab_size, hidden_size] = [768, 160]"),
        arguments("lm_head.weight", "[vocab_size, hidden_size] = [768, 160]"),
        arguments("model.norm.weight", "[hidden_size] = [160]"),
        arguments("model.layers.1.post_attention_layernorm.weight", "[hidden_size] = [160]"),
        arguments(
            "model.layers.0.mlp.gate_proj.weight", "[intermediate_size, hidden_size] = [320, 160]"),
        arguments(
            "model.layers.0.mlp.down_proj.weight", "[hidden_size, intermediate_size] = [160, 320]"),
        arguments(
            "model.layers.0.self_attn.q_a_proj.weight", "[q_lora_rank, hidden_size] = [96, 160]"),
        arguments("model.layers.0.self_attn.q_a_layernorm.weight", "[q_lora_rank] = [96]"),
        arguments(
            "model.layers.0.self_attn.q_b_proj.weight",
            "[num_attention_heads * (qk_nope_head_dim + qk_rope_head_dim), q_lora_rank] = [192,"
                + " 96]"),
        arguments(
            "model.layers.0.self_attn.kv_a_proj_with_mqa.weight",
            "[kv_lora_rank + qk_rope_head_dim, hidden_size] = [80, 160]"),
        arguments("model.layers.0.self_attn.kv_a_layernorm.weight", "[kv_lora_rank] = [64]"),
        arguments(
            "model.layers.0.self_attn.kv_b_proj.weight",
            "[num_attention_heads * (qk_nope_head_dim + v_head_dim), kv_lora_rank] = [288, 64]"),
        arguments(
            "model.layers.0.self_attn.o_proj.weight",
            "[hidden_size, num_attention_heads * v_head_dim] = [160, 160]"),
        arguments("model.layers.1.mlp.gate.weight", "[n_routed_experts, hidden_size] = [16, 160]"),
        arguments("model.layers.1.mlp.gate.e_score_correction_bias", "[n_routed_experts] = [16]"),
        arguments(
            "model.layers.1.mlp.experts.7.up_proj.weight",
            "[moe_intermediate_size, hidden_size] = [40, 160]"),
        arguments(
            "model.layers.1.mlp.shared_experts.down_proj.weight",
            "[hidden_size, n_shared_experts * moe_intermediate_size] = [160, 40]"));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void namesTheShapeThatWasExpected(String tensor, String expected) {
    long elements = 1;
    for (String extent : expected.replaceAll(".*= \\[|]", "").split(", ")) {
      elements *= Long.parseLong(extent);
    }
    EditedCheckpoint edited = EditedCheckpoint.of(V3, folder).reshape(tensor, 1, elements);
    assertEquals(
        "Checkpoint '"
            + folder
            + "', tensor '"
            + tensor
            + "': expected "
            + expected
            + ", found [1, "
            + elements
            + "]. [MLA-0203]",
        planned(edited).getMessage());
  }

  @Test
  void namesTheShapeOfABias() {
    String tensor = "model.layers.1.self_attn.o_proj.bias";
    assertEquals(
        "Checkpoint '"
            + folder
            + "', tensor '"
            + tensor
            + "': expected [hidden_size] = [160], found [80]. [MLA-0203]",
        planned(EditedCheckpoint.of(V3, folder).config("attention_bias", null).add(tensor, 80))
            .getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"q_b_proj", "kv_a_proj_with_mqa", "o_proj"})
  void biasesMustNotBeDenied(String projection) {
    String tensor = "model.layers.2.self_attn." + projection + ".bias";
    assertNotOpened(
        EditedCheckpoint.of(V3, folder).add(tensor, 1),
        folder.resolve("config.json")
            + ": field 'attention_bias' is false; expected true or no such field, since the"
            + " checkpoint has tensor '"
            + tensor
            + "'. [MLA-0206]");
  }

  @Test
  void aLayerBeyondThoseCountedMustPredictTokens() {
    assertNotOpened(
        EditedCheckpoint.of(V3, folder)
            .rename("model.layers.3.eh_proj.weight", "model.layers.3.other.weight"),
        folder.resolve("config.json")
            + ": field 'num_hidden_layers' is 3; expected more, since the checkpoint has tensor"
            + " 'model.layers.3.embed_tokens.weight', which belongs to no multi-token-prediction"
            + " layer. [MLA-0206]");
  }

  private void assertNotOpened(EditedCheckpoint edited, String message) {
    Path written = edited.write();
    ModelException e = assertThrows(ModelException.class, () -> open(written).close());
    assertEquals(message, e.getMessage());
  }

  private static ModelException planned(EditedCheckpoint edited) {
    try (ModelDefinition model = open(edited.write())) {
      return assertThrows(
          ModelException.class, () -> model.contribute(TestPlan.empty(), CacheDTypes.F32));
    }
  }

  private static ModelDefinition open(Path folder) {
    return Architectures.discover().open(folder, ModelConfig.read(folder.resolve("config.json")));
  }
}
