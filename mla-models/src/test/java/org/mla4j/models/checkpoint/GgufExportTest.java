package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.models.testing.Refusals.assertModelRefused;
import static org.mla4j.models.testing.Refusals.assertRefused;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.TestData;
import org.mla4j.models.testing.EditedCheckpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is written to a GGUF file comes back from it under the names it had. */
class GgufExportTest {
  /** Fields that change nothing of what these models compute. */
  private static final Set<String> WITHOUT_MEANING =
      Set.of(
          "attention_bias",
          "attention_dropout",
          "aux_loss_alpha",
          "dtype",
          "ep_size",
          "initializer_range",
          "max_window_layers",
          "model_type",
          "moe_layer_freq",
          "num_nextn_predict_layers",
          "pad_token_id",
          "partial_rotary_factor",
          "pretraining_tp",
          "seq_aux",
          "sliding_window",
          "torch_dtype",
          "transformers_version",
          "use_cache");

  @TempDir Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void name() {
    file = folder.resolve("model.gguf");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v2-lite-tiny",
        "deepseek-v2-tiny",
        "deepseek-v3-tiny",
        "deepseek-v3-wide-tiny",
        "kimi-k2-tiny",
        "glm4-moe-lite-tiny",
        "minicpm3-tiny",
        "qwen2-tiny",
        "qwen3-tiny"
      })
  void everyWeightComesBack(String golden) {
    GgufExport.Report report =
        GgufExport.of(TestData.golden(golden)).type(DType.F32).build().write(file);
    try (Checkpoint expected = Checkpoint.open(TestData.golden(golden));
        Checkpoint found = Checkpoint.open(file)) {
      Set<String> names = new HashSet<>(expected.names());
      names.removeAll(report.leftOut());
      assertEquals(names, found.names());
      for (String name : names) {
        assertArrayEquals(values(expected.require(name)), values(found.require(name)), name);
      }
    }
    assertEquals(List.of(), report.remarks());
    assertEquals(file.toFile().length(), report.bytes());
  }

  /** Fields may be said in another style; none that a model reads is lost. */
  @ParameterizedTest
  @CsvSource({
    "deepseek-v2-lite-tiny, ''",
    "deepseek-v2-tiny, rope_scaling rope_theta",
    "deepseek-v3-tiny, ''",
    "deepseek-v3-wide-tiny, ''",
    "kimi-k2-tiny, ''",
    "glm4-moe-lite-tiny, scoring_func",
    "minicpm3-tiny, ''",
    "qwen2-tiny, ''",
    "qwen3-tiny, ''"
  })
  void everyFieldComesBack(String golden, String added) {
    GgufExport.of(TestData.golden(golden)).type(DType.BF16).build().write(file);
    JsonNode expected =
        JsonMapper.shared().readTree(TestData.golden(golden).resolve("config.json").toFile());
    ObjectNode found = GgufConfig.read(file);
    assertEquals(0, found.remove("num_nextn_predict_layers").asInt());
    Set<String> differing = new TreeSet<>();
    for (Map.Entry<String, JsonNode> field : found.properties()) {
      if (!same(expected.path(field.getKey()), field.getValue())) {
        differing.add(field.getKey());
      }
    }
    assertEquals(added, String.join(" ", differing));
    Set<String> lost = new TreeSet<>(expected.propertyNames());
    lost.removeAll(found.propertyNames());
    lost.removeAll(WITHOUT_MEANING);
    // Said under the older name, and of grouped queries, what is the same for all heads here.
    lost.removeAll(Set.of("rope_parameters", "num_key_value_heads", "rope_scaling"));
    assertEquals(Set.of(), lost);
  }

  /** The same numbers, whether with a fraction or in a list of one or not, in whatever order. */
  private static boolean same(JsonNode a, JsonNode b) {
    if (a.isObject() && b.isObject()) {
      return a.size() == b.size()
          && a.propertyStream().allMatch(field -> same(field.getValue(), b.path(field.getKey())));
    }
    if (a.isArray() && b.isArray()) {
      return a.size() == b.size()
          && IntStream.range(0, a.size()).allMatch(i -> same(a.get(i), b.get(i)));
    }
    if (b.isArray() && b.size() == 1) {
      return same(a, b.get(0));
    }
    return a.isNumber() && b.isNumber() ? a.asDouble() == b.asDouble() : a.equals(b);
  }

  private static float[] values(WeightHandle weight) {
    try (Arena arena = Arena.ofConfined()) {
      long elements = weight.shape().elements();
      MemorySegment target = arena.allocate(ValueLayout.JAVA_FLOAT, elements);
      weight.materialise(Tensor.dense(DType.F32, weight.shape(), target));
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void rowsThatAreNoWholeNumberOfBlocksStayBf16AndAreListed() {
    GgufExport.Report report =
        GgufExport.of(TestData.golden("deepseek-v2-lite-tiny"))
            .type(DType.Q8_0)
            .build()
            .write(file);
    // Experts are 48 wide inside.
    assertEquals(
        List.of("blk.1.ffn_down_exps.weight", "blk.2.ffn_down_exps.weight"), report.unblocked());
    try (GgufFile written = GgufFile.open(file)) {
      Map<String, GgufTensor> tensors = written.tensors();
      assertEquals(DType.BF16, tensors.get("blk.1.ffn_down_exps.weight").dtype());
      assertEquals(DType.Q8_0, tensors.get("blk.1.ffn_up_exps.weight").dtype());
      assertEquals(DType.Q8_0, tensors.get("token_embd.weight").dtype());
      assertEquals(DType.F32, tensors.get("blk.1.ffn_gate_inp.weight").dtype());
      assertEquals(DType.F32, tensors.get("blk.1.attn_norm.weight").dtype());
      assertEquals(Shape.of(8, 48, 128), tensors.get("blk.1.ffn_up_exps.weight").shape());
      assertEquals(Shape.of(4, 64, 32), tensors.get("blk.1.attn_k_b.weight").shape());
      assertEquals(Shape.of(4, 24, 64), tensors.get("blk.1.attn_v_b.weight").shape());
      assertEquals(OptionalLong.of(7), written.metadata().integer("general.file_type"));
    }
  }

  @Test
  void saysWhatLlamaCppAsksFor() {
    GgufExport.of(TestData.golden("deepseek-v2-lite-tiny"))
        .metadata(Map.of("tokenizer.ggml.model", "gpt2", "tokenizer.ggml.tokens", List.of("a")))
        .build()
        .write(file);
    try (GgufFile written = GgufFile.open(file)) {
      GgufMetadata metadata = written.metadata();
      assertEquals("deepseek2", metadata.string("general.architecture").orElseThrow());
      assertEquals("gpt2", metadata.string("tokenizer.ggml.model").orElseThrow());
      assertEquals(List.of("a"), metadata.strings("tokenizer.ggml.tokens"));
      assertEquals(OptionalLong.of(1), metadata.integer("tokenizer.ggml.eos_token_id"));
      assertEquals(OptionalLong.of(1), metadata.integer("deepseek2.attention.head_count_kv"));
      assertEquals(OptionalLong.of(80), metadata.integer("deepseek2.attention.key_length"));
      assertEquals(OptionalLong.of(64), metadata.integer("deepseek2.attention.value_length"));
      assertEquals(OptionalLong.of(48), metadata.integer("deepseek2.attention.key_length_mla"));
      assertEquals(OptionalLong.of(24), metadata.integer("deepseek2.attention.value_length_mla"));
      assertEquals(OptionalLong.of(1), metadata.integer("deepseek2.expert_gating_func"));
      assertEquals(
          OptionalDouble.of(0.0707), metadata.number("deepseek2.rope.scaling.yarn_log_multiplier"));
    }
  }

  @Test
  void whatIsStoredInTheWantedTypeIsCopied() {
    Path again = folder.resolve("again.gguf");
    GgufExport.of(TestData.golden("deepseek-v3-tiny")).type(DType.Q4_0).build().write(file);
    GgufExport.of(file).type(DType.Q4_0).build().write(again);
    assertEquals(-1, mismatch(file, again));
  }

  @Test
  void whatTheFormatCannotSayIsRefused() {
    Path edited = folder.resolve("edited");
    assertTrue(edited.toFile().mkdir());
    EditedCheckpoint.of("deepseek-v2-lite-tiny", edited)
        .config(
            "rope_scaling",
            "{'type':'yarn','factor':40,'original_max_position_embeddings':4096,"
                + "'mscale':1.0,'mscale_all_dim':0.707}")
        .write();
    assertModelRefused(
        edited.resolve("config.json")
            + ": field 'rope_scaling.mscale' is 1.0; expected mscale_all_dim = 0.707, since a GGUF"
            + " file has one number for both. [MLA-0206]",
        () -> GgufExport.of(edited).build().write(file));
    EditedCheckpoint.of("deepseek-v2-lite-tiny", edited)
        .add("model.layers.0.self_attn.o_proj.bias", 128)
        .write();
    assertModelRefused(
        "Checkpoint '"
            + edited
            + "', tensor 'model.layers.0.self_attn.o_proj.bias': llama.cpp has no name for it in"
            + " architecture 'deepseek2'; expected none that would be left out. [MLA-0206]",
        () -> GgufExport.of(edited).build().write(file));
    EditedCheckpoint.of("deepseek-v2-lite-tiny", edited)
        .config("architectures", "['LlamaMLAForCausalLM']")
        .write();
    assertModelRefused(
        edited.resolve("config.json")
            + ": field 'architectures' is [LlamaMLAForCausalLM]; expected one that llama.cpp has a"
            + " name for: DeepseekV2ForCausalLM, DeepseekV3ForCausalLM, Glm4MoeLiteForCausalLM,"
            + " MiniCPM3ForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM. [MLA-0206]",
        () -> GgufExport.of(edited).build().write(file));
    EditedCheckpoint.of("deepseek-v2-lite-tiny", edited)
        .reshape("model.layers.1.self_attn.kv_b_proj.weight", 448, 32)
        .write();
    assertModelRefused(
        "Checkpoint '"
            + edited
            + "', tensor 'model.layers.1.self_attn.kv_b_proj.weight': expected [num_attention_heads"
            + " * (qk_nope_head_dim + v_head_dim), kv_lora_rank] = [224, 64], found [448, 32]."
            + " [MLA-0203]",
        () -> GgufExport.of(edited).build().write(file));
    EditedCheckpoint.of("deepseek-v2-lite-tiny", edited)
        .rename(
            "model.layers.1.mlp.experts.7.up_proj.weight",
            "model.layers.1.mlp.experts.8.up_proj.weight")
        .write();
    assertModelRefused(
        "Checkpoint '"
            + edited
            + "', tensor 'model.layers.1.mlp.experts.0.up_proj.weight': expected n_routed_experts = 8"
            + " experts of one shape, found 8, of [[48, 128]]. [MLA-0203]",
        () -> GgufExport.of(edited).build().write(file));
    assertRefused(
        "Weights cannot be stored as Q4_K; expected F32, BF16, F16, Q8_0 or Q4_0. [MLA-0401]",
        () -> GgufExport.of(edited).type(DType.Q4_K));
    assertFalse(file.toFile().exists());
  }

  @Test
  void whatEndsAnswersStaysWhereTheTokenizerEndsTextsOtherwise() {
    List<Integer> stops =
        GenerationConfig.read(
                TestData.golden("glm4-moe-lite-tiny"),
                ModelConfig.of(TestData.golden("glm4-moe-lite-tiny")))
            .stopTokens();
    GgufExport.of(TestData.golden("glm4-moe-lite-tiny"))
        .metadata(Map.of("tokenizer.ggml.eos_token_id", 700))
        .build()
        .write(file);
    try (GgufFile written = GgufFile.open(file)) {
      assertEquals(700, written.metadata().integer("tokenizer.ggml.eos_token_id").orElseThrow());
      assertEquals(
          (long) stops.getFirst(),
          written.metadata().integer("tokenizer.ggml.eot_token_id").orElseThrow());
    }
    assertTrue(
        GenerationConfig.read(file, ModelConfig.of(file)).stopTokens().containsAll(stops),
        stops.toString());
  }

  @Test
  void factorsOfLongRopeThatHaveNoKeyAreRefused() {
    Path edited = folder.resolve("edited");
    assertTrue(edited.toFile().mkdir());
    EditedCheckpoint.of("minicpm3-tiny", edited)
        .config(config -> ((ObjectNode) config.get("rope_scaling")).put("attention_factor", 1.5))
        .write();
    assertModelRefused(
        edited.resolve("config.json")
            + ": field 'rope_scaling.attention_factor' is given; expected none, which a GGUF file"
            + " cannot say. [MLA-0206]",
        () -> GgufExport.of(edited).build().write(file));
  }

  @Test
  void aNumberThatThirtyTwoBitsRoundIsRemarkedOn() {
    Path edited = folder.resolve("edited");
    assertTrue(edited.toFile().mkdir());
    EditedCheckpoint.of("deepseek-v2-lite-tiny", edited)
        .config("rope_theta", "177827941003.89227")
        .write();
    assertEquals(
        List.of("'deepseek2.rope.freq_base' is 1.7782794E11, rounded from 1.7782794100389227E11"),
        GgufExport.of(edited).build().write(file).remarks());
  }

  private static long mismatch(Path a, Path b) {
    try {
      return Files.mismatch(a, b);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
