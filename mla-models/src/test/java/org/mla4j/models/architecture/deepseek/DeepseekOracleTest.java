package org.mla4j.models.architecture.deepseek;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.oracle.NaiveDeepseek;
import org.mla4j.models.testing.GoldenFiles;
import org.mla4j.models.testing.RandomDeepseek;
import org.mla4j.models.testing.StoredWeights;
import org.mla4j.models.verify.GoldenVerifier;
import org.mla4j.models.verify.VerificationReport;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

/** Models of all shapes that a configuration can ask for compute what the oracle computes. */
class DeepseekOracleTest {
  private static final int TOKENS = 37;

  /** Nearer than this, rounding may choose another expert, and nothing could be compared. */
  private static final double SMALLEST_GAP = 1e-5;

  @TempDir Path folder;

  static Stream<Arguments> models() {
    return Stream.of(
        arguments("V3", RandomDeepseek.v3()),
        arguments("V2", RandomDeepseek.v2()),
        arguments(
            "V2 that is told to normalise", RandomDeepseek.v2().config("norm_topk_prob", "true")),
        arguments(
            "V2-Lite kind: greedy, no query latent, two shared experts",
            RandomDeepseek.v2()
                .config("topk_method", "'greedy'")
                .config("q_lora_rank", "null")
                .config("n_shared_experts", "2")),
        arguments("Moonlight kind: one group, no query latent, no scaling", moonlight()),
        arguments(
            "V3 that does not normalise", RandomDeepseek.v3().config("norm_topk_prob", "false")),
        arguments("tied head", RandomDeepseek.v3().config("tie_word_embeddings", "true")),
        arguments("biases, query latent", RandomDeepseek.v3().config("attention_bias", "true")),
        arguments("biases, no query latent", moonlight().config("attention_bias", "true")),
        arguments(
            "biases that the configuration does not mention",
            RandomDeepseek.v3()
                .config("attention_bias", null)
                .biased("q_b_proj", "kv_a_proj_with_mqa")),
        arguments("F16", RandomDeepseek.v3().stored(StoredWeights.F16)),
        arguments("F32", RandomDeepseek.v3().stored(StoredWeights.F32)),
        arguments("FP8", ragged().stored(StoredWeights.BLOCK_FP8)),
        arguments(
            "FP8 with exponents for scales",
            ragged()
                .config(
                    "quantization_config",
                    "{'quant_method':'fp8','fmt':'e4m3','scale_fmt':'ue8m0',"
                        + "'weight_block_size':[128,128]}")
                .stored(StoredWeights.BLOCK_FP8_UE8M0)),
        arguments("no shared experts", RandomDeepseek.v3().config("n_shared_experts", "0")),
        arguments(
            "shared experts not mentioned", RandomDeepseek.v3().config("n_shared_experts", null)),
        arguments("all layers sparse", RandomDeepseek.v3().config("first_k_dense_replace", "0")),
        arguments("all layers dense", RandomDeepseek.v3().config("first_k_dense_replace", "3")),
        arguments("no experts at all", RandomDeepseek.v3().config("n_routed_experts", null)),
        arguments(
            "every second layer sparse",
            RandomDeepseek.v3().config("moe_layer_freq", "2").config("first_k_dense_replace", "0")),
        arguments("no rope scaling", RandomDeepseek.v3().config("rope_scaling", "null")),
        arguments("halves turn together", RandomDeepseek.v3().config("rope_interleave", "false")),
        arguments(
            "odd number of heads, wide values",
            RandomDeepseek.v3().config("num_attention_heads", "3").config("v_head_dim", "20")),
        arguments(
            "nothing a multiple of anything",
            RandomDeepseek.v3()
                .config("hidden_size", "61")
                .config("intermediate_size", "83")
                .config("moe_intermediate_size", "19")
                .config("vocab_size", "47")
                .config("q_lora_rank", "37")
                .config("kv_lora_rank", "29")
                .config("qk_nope_head_dim", "13")
                .config("qk_rope_head_dim", "6")
                .config("v_head_dim", "7")
                .config("num_attention_heads", "5")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void computesWhatTheOracleComputes(String name, RandomDeepseek checkpoint) {
    NaiveDeepseek.Outputs outputs = record(checkpoint);
    for (String vector : List.of("off", "auto")) {
      VerificationReport report = verify(vector);
      assertEquals(List.of(), report.tensors().stream().filter(check -> !check.passed()).toList());
      // Logits and every layer, in every form.
      assertEquals(Form.values().length * (1 + outputs.layers().size()), report.tensors().size());
    }
  }

  @ParameterizedTest(name = "{1} = {2}")
  @CsvSource(
      delimiter = ';',
      value = {
        "V2; routed_scaling_factor; 4.1",
        "V2; topk_group; 3",
        "V2; topk_method; \"greedy\"",
        "V3; rms_norm_eps; 1e-3",
        "V3; rope_theta; 9000",
        "V3; rope_interleave; false",
        "V3; rope_scaling; null",
        "V3; topk_group; 3",
        "V3; norm_topk_prob; false",
        "V3; tie_word_embeddings; true"
      })
  void seesEveryNumberThatIsAnother(String generation, String field, String json) {
    RandomDeepseek checkpoint = generation.equals("V2") ? RandomDeepseek.v2() : RandomDeepseek.v3();
    record(checkpoint);
    checkpoint.config(field, json).writeConfig(folder);
    assertDiffers();
  }

  @ParameterizedTest
  @CsvSource({
    "factor, 9",
    "original_max_position_embeddings, 256",
    "beta_fast, 300",
    "beta_slow, 0.05",
    "mscale, 0.9",
    "mscale_all_dim, 0.7"
  })
  void seesEveryNumberOfYarnThatIsAnother(String field, String json) {
    RandomDeepseek checkpoint = RandomDeepseek.v3();
    record(checkpoint);
    checkpoint.config("rope_scaling", field, json).writeConfig(folder);
    assertDiffers();
  }

  private void assertDiffers() {
    VerificationReport report = verify("auto");
    assertEquals(
        Set.of(Form.values()),
        report.tensors().stream()
            .filter(check -> check.tensor().equals("logits") && !check.passed())
            .map(TensorCheck::form)
            .collect(Collectors.toSet()));
  }

  /** Writes a checkpoint, and what the oracle makes of it. */
  private NaiveDeepseek.Outputs record(RandomDeepseek checkpoint) {
    checkpoint.write(folder, 7);
    int[] ids = new Random(11).ints(TOKENS, 0, 47).toArray();
    NaiveDeepseek.Outputs outputs = NaiveDeepseek.read(folder).run(ids);
    assertTrue(outputs.routingGap() > SMALLEST_GAP, "choose another seed for this model");
    GoldenFiles expected = new GoldenFiles(ids).logits(outputs.logits());
    for (int layer = 0; layer < outputs.layers().size(); layer++) {
      expected.layer(layer, outputs.layers().get(layer));
    }
    expected.write(folder);
    return outputs;
  }

  private VerificationReport verify(String vector) {
    EngineOptions options =
        EngineOptions.builder().threads(2).backendOption("cpu:vector", vector).build();
    ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
    try (ModelDefinition model = Architectures.discover().open(folder, config)) {
      return GoldenVerifier.verify(model, folder, options, GoldenVerifier.DEFAULT_TOLERANCE);
    }
  }

  private static RandomDeepseek moonlight() {
    return RandomDeepseek.v3()
        .config("q_lora_rank", "null")
        .config("rope_scaling", "null")
        .config("rope_theta", "50000.0")
        .config("n_group", "1")
        .config("topk_group", "1")
        .config("n_shared_experts", "2");
  }

  /** Blocks of 128 that end within rows, within columns, and just before the next. */
  private static RandomDeepseek ragged() {
    return RandomDeepseek.v3()
        .config("hidden_size", "144")
        .config("intermediate_size", "257")
        .config("moe_intermediate_size", "40")
        .config("q_lora_rank", "130")
        .config("kv_lora_rank", "129")
        .config("num_hidden_layers", "2");
  }
}
