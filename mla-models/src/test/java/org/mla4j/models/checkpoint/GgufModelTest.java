package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.models.testing.Refusals.assertModelRefused;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightForm;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.testing.GgufBytes;
import tools.jackson.databind.node.ObjectNode;

/** Files as llama.cpp writes them, in its several ways, become the models that are meant. */
class GgufModelTest {
  @TempDir Path folder;
  private Path path = Path.of("");

  @BeforeEach
  void name() {
    path = folder.resolve("model.gguf");
  }

  @Test
  void anArchitectureThatNobodyKnowsIsNamed() {
    new GgufBytes().text("general.architecture", "glm4moe").write(path);
    assertModelRefused(
        path
            + ": metadata key 'general.architecture' is glm4moe; expected one of deepseek2, llama,"
            + " minicpm3, qwen2, qwen3. [MLA-0201]",
        () -> Checkpoint.open(path));
    new GgufBytes().text("general.type", "adapter").write(path);
    assertModelRefused(
        path + ": metadata key 'general.type' is adapter at byte 48; expected model. [MLA-0204]",
        () -> ModelConfig.of(path));
  }

  @Test
  void whatWouldBeLeftOutIsRefused() {
    deepseek(1).fraction("deepseek2.attention.temperature_scale", 0.1f).write(path);
    ModelException e = assertThrows(ModelException.class, () -> ModelConfig.of(path));
    assertTrue(
        e.getMessage().startsWith(path + ": metadata key 'deepseek2.attention.temperature_scale'"));
    assertTrue(
        e.getMessage()
            .endsWith(
                "; expected no such key, since what it says of the model would be left out."
                    + " [MLA-0204]"));
    deepseek(1).floats("blk.0.attn_sinks.weight", new float[2], 2).write(path);
    assertModelRefused(
        path
            + ": tensor 'blk.0.attn_sinks.weight' has no place in a model of architecture"
            + " 'deepseek2'; expected none that would be left out. [MLA-0204]",
        () -> Checkpoint.open(path));
  }

  @ParameterizedTest
  @CsvSource({
    "expert_gating_func, 4, '4 at byte ; expected 1 (soft-max) or 2 (sigmoid)'",
    "nextn_predict_layers, 9, '9 at byte ; expected fewer than block_count = 2'",
    "attention.head_count_kv, 3, '3 at byte ; expected 1 or head_count = 2'",
    "block_count, 0, '0 at byte ; expected a positive integer'",
    "attention.key_length, 9,"
        + " '9 at byte ; expected the length in the absorbed form, kv_lora_rank +"
        + " rope.dimension_count = 6'",
    "attention.key_length_mla, 2, '2 at byte ; expected more than rope.dimension_count = 2'"
  })
  void aValueThatCannotBeIsRefusedInItsOwnWords(String key, int value, String problem) {
    new Deepseek().with(key, value).write(path);
    ModelException e = assertThrows(ModelException.class, () -> ModelConfig.of(path));
    assertEquals(
        path + ": metadata key 'deepseek2." + key + "' is " + problem + ". [MLA-0204]",
        e.getMessage().replaceFirst("at byte \\d+", "at byte "));
  }

  @Test
  void aMissingKeyIsNamed() {
    new Deepseek().without("attention.kv_lora_rank").write(path);
    assertModelRefused(
        path
            + ": metadata key 'deepseek2.attention.kv_lora_rank' is missing; expected a positive"
            + " integer. [MLA-0204]",
        () -> ModelConfig.of(path));
  }

  @Test
  void otherScalingsOfTheRopeAreRefused() {
    deepseek(1).text("deepseek2.rope.scaling.type", "longrope").write(path);
    assertTrue(
        assertThrows(ModelException.class, () -> ModelConfig.of(path))
            .getMessage()
            .endsWith("; expected one of none, linear, yarn. [MLA-0204]"));
    deepseek(1).fraction("deepseek2.rope.scaling.factor", 4).write(path);
    assertTrue(
        assertThrows(ModelException.class, () -> ModelConfig.of(path))
            .getMessage()
            .endsWith("; expected 1 unless the type of scaling is yarn. [MLA-0204]"));
    deepseek(1).fraction("deepseek2.rope.scaling.attn_factor", 0.5f).write(path);
    assertTrue(
        assertThrows(ModelException.class, () -> ModelConfig.of(path))
            .getMessage()
            .endsWith("; expected 1.0, the only value that is supported. [MLA-0204]"));
  }

  @Test
  void yarnWithoutMultiplierHasTheDefaultsOfTheHub() {
    deepseek(1)
        .text("deepseek2.rope.scaling.type", "yarn")
        .fraction("deepseek2.rope.scaling.factor", 40)
        .number("deepseek2.rope.scaling.original_context_length", 4096)
        .write(path);
    assertEquals(
        "{\"type\":\"yarn\",\"factor\":40.0,\"original_max_position_embeddings\":4096}",
        GgufConfig.read(path).get("rope_scaling").toString());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 160, DeepseekV2ForCausalLM, 8, 3, group_limited_greedy",
    "0, 64, DeepseekV2ForCausalLM, 1, 1, greedy",
    "1, 160, DeepseekV2ForCausalLM, 8, 3, group_limited_greedy",
    "2, 256, DeepseekV3ForCausalLM, 8, 4, noaux_tc",
    "2, 384, DeepseekV3ForCausalLM, 1, 1, noaux_tc"
  })
  void filesFromBeforeThereWereGroupsHaveThoseOfTheirModel(
      int gating, int experts, String architecture, int groups, int kept, String method) {
    Deepseek file = new Deepseek().with("expert_count", experts).with("expert_used_count", 4);
    file.with("expert_feed_forward_length", 2).with("leading_dense_block_count", 1);
    if (gating > 0) {
      file.with("expert_gating_func", gating);
    }
    file.write(path);
    ObjectNode config = GgufConfig.read(path);
    assertEquals(architecture, config.get("architectures").get(0).asString());
    assertEquals(groups, config.get("n_group").asInt());
    assertEquals(kept, config.get("topk_group").asInt());
    assertEquals(method, config.get("topk_method").asString());
    assertEquals(1.0, config.get("routed_scaling_factor").asDouble());
  }

  @Test
  void aLayerForPredictionKeepsItsNamesAndIsNotCounted() {
    new Deepseek()
        .with("nextn_predict_layers", 1)
        .bytes()
        .floats("blk.1.nextn.eh_proj.weight", new float[4], 2, 2)
        .floats("blk.1.nextn.shared_head_norm.weight", new float[2], 2)
        .floats("blk.1.attn_norm.weight", new float[2], 2)
        .write(path);
    assertEquals(1, GgufConfig.read(path).get("num_hidden_layers").asInt());
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      assertEquals(
          Set.of(
              "model.embed_tokens.weight",
              "model.layers.1.eh_proj.weight",
              "model.layers.1.shared_head.norm.weight",
              "model.layers.1.input_layernorm.weight"),
          checkpoint.names());
    }
  }

  @Test
  void expertsAreParts() {
    new Deepseek()
        .with("expert_count", 2)
        .bytes()
        .floats(
            "blk.1.ffn_up_exps.weight",
            new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
            3,
            2,
            2)
        .write(path);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      WeightHandle expert = checkpoint.require("model.layers.1.mlp.experts.1.up_proj.weight");
      assertEquals(Shape.of(2, 3), expert.shape());
      assertTrue(expert.isPlain());
      assertArrayEquals(new float[] {7, 8, 9, 10, 11, 12}, values(expert));
      assertSame(expert, checkpoint.require("model.layers.1.mlp.experts.1.up_proj.weight"));
    }
    new Deepseek()
        .with("expert_count", 1)
        .bytes()
        .floats("blk.1.ffn_up_exps.weight", new float[12], 3, 2, 2)
        .write(path);
    assertModelRefused(
        path
            + ": tensor 'blk.1.ffn_up_exps.weight': expected [expert_count = 1, at most 65536, rows,"
            + " columns], found [2, 2, 3]. [MLA-0203]",
        () -> Checkpoint.open(path));
  }

  @Test
  void halvesOfTheLatentsProjectionAreJoined() {
    float[] keys = {1, 2, 3, 4, 5, 6, 7, 8}; // [heads 2, rank 2, key 2]
    float[] values = {9, 10, 11, 12}; // [heads 2, value 1, rank 2]
    deepseek(1)
        .floats("blk.0.attn_k_b.weight", keys, 2, 2, 2)
        .floats("blk.0.attn_v_b.weight", values, 2, 1, 2)
        .write(path);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      WeightHandle joined = checkpoint.require("model.layers.0.self_attn.kv_b_proj.weight");
      assertEquals(Shape.of(6, 2), joined.shape());
      assertFalse(joined.isPlain());
      assertArrayEquals(new float[] {1, 3, 2, 4, 9, 10, 5, 7, 6, 8, 11, 12}, values(joined));
      assertModelRefused(
          "Weight 'model.layers.0.self_attn.kv_b_proj.weight' is stored in two halves; materialise"
              + " it instead. [MLA-0205]",
          joined::lease);
      WeightForm.SplitProjection halves =
          assertInstanceOf(WeightForm.SplitProjection.class, joined.form());
      assertEquals(Shape.of(2, 2, 2), halves.keys().shape());
      assertArrayEquals(keys, values(halves.keys()));
      assertEquals(Shape.of(2, 1, 2), halves.values().shape());
      assertArrayEquals(values, values(halves.values()));
      assertEquals(new WeightForm.Plain(), halves.keys().form());
      assertEquals(new WeightForm.Plain(), halves.values().form());
    }
    deepseek(1)
        .floats("blk.0.attn_k_b.weight", keys, 2, 2, 2)
        .floats("blk.0.attn_v_b.weight", values, 2, 1, 2)
        .floats("blk.0.attn_kv_b.weight", new float[12], 2, 6)
        .write(path);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      assertTrue(checkpoint.require("model.layers.0.self_attn.kv_b_proj.weight").isPlain());
    }
    deepseek(1).floats("blk.0.attn_v_b.weight", values, 2, 1, 2).write(path);
    assertModelRefused(
        path
            + ": tensor 'blk.0.attn_k_b.weight' is missing; expected it beside"
            + " 'blk.0.attn_v_b.weight'. [MLA-0202]",
        () -> Checkpoint.open(path));
    deepseek(1)
        .floats("blk.0.attn_k_b.weight", keys, 2, 2, 2)
        .floats("blk.0.attn_v_b.weight", values, 1, 2, 2)
        .write(path);
    assertModelRefused(
        path
            + ": tensor 'blk.0.attn_v_b.weight': expected [heads = 2, length of a value, rank of the"
            + " latent = 2], found [2, 2, 1]. [MLA-0203]",
        () -> Checkpoint.open(path));
  }

  /** For Llama a head's rows 0 1 2 3 of the Hub are kept as 0 2 1 3. */
  @Test
  void rowsOfLlamaComeInTheirFirstOrder() {
    new GgufBytes()
        .text("general.architecture", "llama")
        .number("llama.block_count", 1)
        .number("llama.context_length", 64)
        .number("llama.embedding_length", 8)
        .number("llama.feed_forward_length", 8)
        .number("llama.attention.head_count", 2)
        .number("llama.attention.head_count_kv", 1)
        .number("llama.rope.dimension_count", 4)
        .fraction("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .floats("token_embd.weight", new float[8], 8, 1)
        .floats("blk.0.attn_q.weight", new float[] {0, 1, 2, 3, 4, 5, 6, 7}, 1, 8)
        .floats("blk.0.attn_k.weight", new float[] {0, 1, 2, 3}, 1, 4)
        .floats("blk.0.attn_v.weight", new float[] {0, 1, 2, 3}, 1, 4)
        .write(path);
    assertEquals(
        "{\"num_hidden_layers\":1,\"num_nextn_predict_layers\":0,\"hidden_size\":8,"
            + "\"intermediate_size\":8,\"num_attention_heads\":2,\"max_position_embeddings\":64,"
            + "\"rms_norm_eps\":1.0E-5,\"rope_theta\":10000.0,\"vocab_size\":1,"
            + "\"tie_word_embeddings\":true,\"hidden_act\":\"silu\",\"eos_token_id\":[],"
            + "\"architectures\":[\"LlamaForCausalLM\"],\"num_key_value_heads\":1,"
            + "\"use_sliding_window\":false,\"attention_bias\":false}",
        GgufConfig.read(path).toString());
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      String attention = "model.layers.0.self_attn.";
      assertArrayEquals(
          new float[] {0, 2, 1, 3, 4, 6, 5, 7},
          values(checkpoint.require(attention + "q_proj.weight")));
      assertArrayEquals(
          new float[] {0, 2, 1, 3}, values(checkpoint.require(attention + "k_proj.weight")));
      assertArrayEquals(
          new float[] {0, 1, 2, 3}, values(checkpoint.require(attention + "v_proj.weight")));
    }
  }

  @Test
  void miniCpm3HasTheScalesOfLlamaCppUnlessItSaysOthers() {
    GgufExport.of(TestData.golden("minicpm3-tiny")).build().write(path);
    ObjectNode own = GgufConfig.read(path);
    assertEquals(64, own.get("dim_model_base").asInt());
    GgufBytes file =
        new GgufBytes()
            .text("general.architecture", "minicpm3")
            .fraction("minicpm3.attention.layer_norm_rms_epsilon", 1e-5f)
            .floats("token_embd.weight", new float[8], 8, 1);
    for (String key :
        List.of(
            "block_count",
            "context_length",
            "embedding_length",
            "feed_forward_length",
            "attention.head_count",
            "attention.q_lora_rank",
            "attention.kv_lora_rank")) {
      file.number("minicpm3." + key, 8);
    }
    file.number("minicpm3.rope.dimension_count", 2)
        .number("minicpm3.attention.key_length", 6)
        .write(path);
    ObjectNode published = GgufConfig.read(path);
    assertEquals(12, published.get("scale_emb").asInt());
    assertEquals(1.4, published.get("scale_depth").asDouble());
    assertEquals(256, published.get("dim_model_base").asInt());
    assertFalse(published.has("rope_scaling"));
  }

  /** Sizes that contradict the tensors are refused by whoever asks for them, as for a folder. */
  @Test
  void aConfigurationThatClaimsOtherSizesIsRefused() {
    GgufExport.of(TestData.golden("deepseek-v3-tiny"))
        .metadata(Map.of("deepseek2.expert_feed_forward_length", 41))
        .build()
        .write(path);
    try (ModelDefinition model = Architectures.discover().open(path, ModelConfig.of(path))) {
      assertModelRefused(
          "Checkpoint '"
              + path
              + "', tensor 'model.layers.1.mlp.experts.0.gate_proj.weight': expected"
              + " [moe_intermediate_size, hidden_size] = [41, 160], found [40, 160]. [MLA-0203]",
          () -> StepRunner.build(model, EngineOptions.builder().build()));
    }
  }

  private static GgufBytes deepseek(int layers) {
    return new Deepseek().with("block_count", layers).bytes();
  }

  /** The metadata of a DeepSeek model, and its embeddings. */
  private static final class Deepseek {
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    Deepseek() {
      with("block_count", 2).with("context_length", 64).with("embedding_length", 2);
      with("feed_forward_length", 4).with("attention.head_count", 2);
      with("attention.head_count_kv", 1).with("attention.kv_lora_rank", 4);
      with("attention.key_length", 6).with("attention.value_length", 4);
      with("attention.key_length_mla", 4).with("attention.value_length_mla", 1);
      with("rope.dimension_count", 2);
    }

    Deepseek with(String key, int value) {
      numbers.put(key, value);
      return this;
    }

    Deepseek without(String key) {
      numbers.remove(key);
      return this;
    }

    GgufBytes bytes() {
      GgufBytes file =
          new GgufBytes()
              .text("general.architecture", "deepseek2")
              .fraction("deepseek2.attention.layer_norm_rms_epsilon", 1e-6f)
              .floats("token_embd.weight", new float[4], 2, 2);
      numbers.forEach((key, value) -> file.number("deepseek2." + key, value));
      return file;
    }

    void write(Path file) {
      bytes().write(file);
    }
  }

  private static float[] values(WeightHandle weight) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(ValueLayout.JAVA_FLOAT, weight.shape().elements());
      weight.materialise(Tensor.dense(DType.F32, weight.shape(), target));
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
