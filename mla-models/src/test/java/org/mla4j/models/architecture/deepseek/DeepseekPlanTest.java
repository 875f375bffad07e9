package org.mla4j.models.architecture.deepseek;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.TestPlan;

/** What DeepSeek models ask for, in which order, and with which weights. */
class DeepseekPlanTest {
  private static final NormSpec NORM = new NormSpec(1e-6);

  @TempDir Path folder;

  @Test
  void aDenseLayerOfV2LiteIsAttentionAndOneMlp() {
    assertEquals(
        """
        layers.0.input_layernorm rms_norm [128] -> input_layernorm_out [128]
        layers.0.attn.q_proj linear [192, 128] -> q [4, 48]
        layers.0.attn.kv_a_proj linear [80, 128] -> kv_a [80]
        layers.0.attn.kv_a_layernorm rms_norm [64] -> kv_c_normed [64]
        layers.0.attn.rotary_emb rotary_embedding [16, 16] -> q_pe [4, 16], k_pe [16]
        layers.0.attn.concat_and_cache concat_and_cache_mla -> cache
        layers.0.attn.absorb_query absorb_query [224, 64] -> q_latent [4, 64]
        layers.0.attn.decode_attention mla_decode_attention -> o_latent [4, 64]
        layers.0.attn.project_value project_value [224, 64] -> attn_out@decode [4, 24]
        layers.0.attn.kv_b_proj linear [224, 64] -> kv [4, 56]
        layers.0.attn.prefill_attention mla_prefill_attention -> attn_out@prefill [4, 24], attn_lse [4]
        layers.0.attn.gather_context gather_cache -> context [80]
        layers.0.attn.context_kv_b_proj linear [224, 64] -> context_kv [4, 56]
        layers.0.attn.context_attention mla_context_attention -> context_out [4, 24], context_lse [4]
        layers.0.attn.merge_context merge_attention_states -> attn_out@prefill [4, 24], attn_lse [4]
        layers.0.attn.o_proj linear [128, 96] -> output [128]
        layers.0.attn_add add -> hidden [128]
        layers.0.post_attention_layernorm rms_norm [128] -> post_attention_layernorm_out [128]
        layers.0.mlp.gate_proj linear [256, 128] -> gate [256]
        layers.0.mlp.up_proj linear [256, 128] -> up [256]
        layers.0.mlp.act silu_and_mul -> activated [256]
        layers.0.mlp.down_proj linear [128, 256] -> output [128]
        layers.0.mlp_add add -> hidden [128]
        """,
        plan("deepseek-v2-lite-tiny").text("layers.0."));
  }

  @Test
  void aSparseLayerOfV2LiteHasRoutedAndSharedExperts() {
    assertEquals(
        """
        layers.2.mlp.gate linear [8, 128] -> router_logits [8]
        layers.2.mlp.choose moe_gate -> topk_ids [3], topk_weights [3]
        layers.2.mlp.experts fused_moe [48, 128] [48, 128] [128, 48] and 21 more -> output [128]
        layers.2.mlp.shared_experts.gate_proj linear [96, 128] -> gate [96]
        layers.2.mlp.shared_experts.up_proj linear [96, 128] -> up [96]
        layers.2.mlp.shared_experts.act silu_and_mul -> activated [96]
        layers.2.mlp.shared_experts.down_proj linear [128, 96] -> output [128]
        layers.2.mlp.add_shared add -> output [128]
        layers.2.mlp_add add -> hidden [128]
        """,
        plan("deepseek-v2-lite-tiny").text("layers.2.mlp"));
  }

  @Test
  void v3ProjectsQueriesThroughALatentAndCorrectsTheChoiceOfExperts() {
    TestPlan plan = plan("deepseek-v3-tiny");
    assertEquals(
        """
        layers.1.attn.q_a_proj linear [96, 160] -> q_c [96]
        layers.1.attn.q_a_layernorm rms_norm [96] -> q_c_normed [96]
        layers.1.attn.q_b_proj linear [192, 96] -> q [4, 48]
        """,
        plan.text("layers.1.attn.q_"));
    assertEquals(
        """
        layers.1.mlp.choose moe_gate [16] -> topk_ids [4], topk_weights [4]
        """,
        plan.text("layers.1.mlp.choose"));
  }

  @Test
  void aPlanBeginsWithTheEmbeddingAndEndsWithLogits() {
    try (ModelDefinition model = open(TestData.golden("deepseek-v3-tiny"))) {
      TestPlan plan = TestPlan.empty();
      StepValue logits = model.contribute(plan, CacheDTypes.F32);
      assertEquals(StepValue.buffer("logits", DType.F32, Rows.LOGITS, 768), logits);
      assertEquals(
          """
          embed_tokens embedding [768, 160] -> hidden [160]
          select_rows select_rows -> selected [160]
          norm rms_norm [160] -> norm_out [160]
          lm_head linear [768, 160] -> logits [768]
          """,
          plan.text("embed_tokens")
              + plan.text("select_rows")
              + plan.text("norm")
              + plan.text("lm_head"));
      assertEquals("embed_tokens", plan.nodes().get(0).name());
      assertEquals("lm_head", plan.nodes().get(plan.nodes().size() - 1).name());
      assertEquals(List.of(logits), plan.nodes().get(plan.nodes().size() - 1).op().writes());
    }
  }

  @Test
  void modelsSayWhatTheyAre() {
    try (ModelDefinition model = open(TestData.golden("deepseek-v2-lite-tiny"))) {
      assertEquals("deepseek-v2-lite-tiny", model.name());
      assertEquals("DeepseekV2ForCausalLM", model.architecture());
      assertEquals(768, model.vocabularySize());
      assertEquals(163840, model.maxPositions());
    }
    try (ModelDefinition model = open(TestData.demoModel().resolve("."))) {
      assertEquals("demo-model", model.name());
      assertEquals("DeepseekV3ForCausalLM", model.architecture());
      assertEquals(640, model.vocabularySize());
      assertEquals(2048, model.maxPositions());
    }
  }

  @Test
  void theFirstLayerIsDenseTheOthersAreSparse() {
    assertEquals(List.of(1, 2), sparseLayers(plan("deepseek-v2-lite-tiny")));
    assertEquals(List.of(1, 2), sparseLayers(plan("deepseek-v3-tiny")));
    assertEquals(List.of(1), sparseLayers(plan("deepseek-v3-wide-tiny")));
    assertEquals(List.of(1, 2, 3, 4, 5), sparseLayers(plan(TestData.demoModel())));
  }

  @Test
  void everyLayerHasItsOwnWeightsAndEveryTensorIsTakenOnce() {
    TestPlan plan = plan("deepseek-v2-lite-tiny");
    // The rope table is computed; all 83 tensors are somewhere.
    assertEquals(
        83, plan.weights("").stream().filter(weight -> !weight.name().startsWith("rope")).count());
    for (int layer = 0; layer < 3; layer++) {
      String prefix = "model.layers." + layer + ".";
      assertTrue(
          plan.weights("layers." + layer + ".").stream()
              .map(WeightHandle::name)
              .allMatch(name -> name.startsWith(prefix) || name.startsWith("rope")));
    }
  }

  @Test
  void theLayerThatPredictsASecondTokenIsLeftOut() {
    assertTrue(
        plan("deepseek-v3-tiny").weights("").stream()
            .noneMatch(weight -> weight.name().startsWith("model.layers.3.")));
  }

  @Test
  void v2LiteAttendsWithoutQueryLatentAndWithYarn() {
    RopeScaling yarn = new RopeScaling.Yarn(40, 4096, 32, 1, 0.707, 0.707);
    assertEquals(
        MlaSpec.builder()
            .hiddenSize(128)
            .numHeads(4)
            .kvLoraRank(64)
            .qkNopeHeadDim(32)
            .qkRopeHeadDim(16)
            .vHeadDim(24)
            .kvANorm(NORM)
            .rope(new RopeSpec(16, 10000, RopeStyle.INTERLEAVED, yarn, 163840))
            .softmaxScale(new SoftmaxScale.YarnMscale(40, 0.707))
            .cacheDType(DType.BF16)
            .build(),
        attention(plan("deepseek-v2-lite-tiny")));
  }

  @Test
  void v3AttendsWithQueryLatent() {
    RopeScaling yarn = new RopeScaling.Yarn(40, 4096, 32, 1, 1, 1);
    assertEquals(
        MlaSpec.builder()
            .hiddenSize(256)
            .numHeads(8)
            .qLoraRank(128)
            .kvLoraRank(512)
            .qkNopeHeadDim(128)
            .qkRopeHeadDim(64)
            .vHeadDim(128)
            .qANorm(NORM)
            .kvANorm(NORM)
            .rope(new RopeSpec(64, 10000, RopeStyle.INTERLEAVED, yarn, 163840))
            .softmaxScale(new SoftmaxScale.YarnMscale(40, 1))
            .cacheDType(DType.BF16)
            .build(),
        attention(plan("deepseek-v3-wide-tiny")));
  }

  @Test
  void withoutScalingTheRopeIsPlain() {
    MlaSpec spec = attention(plan(TestData.demoModel()));
    assertEquals(
        new RopeSpec(16, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 2048), spec.rope());
    assertEquals(new SoftmaxScale.HeadWidth(), spec.softmaxScale());
  }

  @Test
  void ropeParametersOfTheNewerStyleSayTheSame() {
    Path edited =
        EditedCheckpoint.of("deepseek-v3-tiny", folder)
            .config("rope_scaling", null)
            .config("rope_theta", null)
            .config("torch_dtype", null)
            .config("dtype", "'bfloat16'")
            .config(
                "rope_parameters",
                "{'rope_type':'yarn','rope_theta':10000.0,'factor':40,'beta_fast':32,"
                    + "'beta_slow':1,'mscale':1.0,'mscale_all_dim':1.0,"
                    + "'original_max_position_embeddings':4096}")
            .write();
    assertEquals(attention(plan("deepseek-v3-tiny")), attention(plan(edited)));
  }

  @Test
  void ropeThetaMayStandBesideTheNewerSection() {
    Path edited =
        EditedCheckpoint.of("deepseek-v3-tiny", folder)
            .config("rope_theta", "50000")
            .config("rope_scaling", null)
            .config("rope_parameters", "{'rope_type':'default'}")
            .write();
    assertEquals(
        new RopeSpec(16, 50000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 163840),
        attention(plan(edited)).rope());
  }

  @Test
  void halvesTurnTogetherWhereTheConfigurationSaysSo() {
    Path edited =
        EditedCheckpoint.of("deepseek-v3-tiny", folder).config("rope_interleave", "false").write();
    assertEquals(RopeStyle.NEOX, attention(plan(edited)).rope().style());
  }

  @Test
  void v2LiteChoosesTheBestOfAllExperts() {
    assertEquals(
        new MoeSpec(128, 8, 3, 48, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, 96),
        experts(plan("deepseek-v2-lite-tiny")));
  }

  @Test
  void v2ChoosesFromTheBestGroups() {
    Path edited =
        EditedCheckpoint.of("deepseek-v2-lite-tiny", folder)
            .config("topk_method", "'group_limited_greedy'")
            .config("n_group", "4")
            .config("topk_group", "2")
            .config("routed_scaling_factor", "16.0")
            .write();
    assertEquals(
        new MoeSpec(128, 8, 3, 48, Scoring.SOFTMAX, 4, 2, GroupScore.MAX, false, 16, 96),
        experts(plan(edited)));
  }

  @Test
  void v3ChoosesFromTheBestGroupsAndNormalises() {
    assertEquals(
        new MoeSpec(160, 16, 4, 40, Scoring.SIGMOID, 4, 2, GroupScore.TOP2_SUM, true, 2.5, 40),
        experts(plan("deepseek-v3-tiny")));
  }

  @Test
  void aTiedHeadIsTheEmbeddingTable() {
    Path edited =
        EditedCheckpoint.of("deepseek-v3-tiny", folder)
            .config("tie_word_embeddings", "true")
            .rename("lm_head.weight", "unused.weight")
            .write();
    TestPlan tied = plan(edited);
    assertSame(tied.weights("embed_tokens").get(0), tied.weights("lm_head").get(0));
    TestPlan untied = plan("deepseek-v3-tiny");
    assertNotSame(untied.weights("embed_tokens").get(0), untied.weights("lm_head").get(0));
  }

  @Test
  void withoutAWordAboutBiasesProjectionsTakeThoseThatTheCheckpointHas() {
    String attention = "model.layers.0.self_attn.";
    Path edited =
        EditedCheckpoint.of("deepseek-v3-tiny", folder)
            .config("attention_bias", null)
            .add(attention + "q_a_proj.bias", 96)
            .add(attention + "kv_a_proj_with_mqa.bias", 80)
            .add(attention + "o_proj.bias", 160)
            .write();
    TestPlan plan = plan(edited);
    assertEquals(
        """
        layers.0.attn.q_a_proj linear [96, 160] [96] -> q_c [96]
        layers.0.attn.kv_a_proj linear [80, 160] [80] -> kv_a [80]
        layers.0.attn.o_proj linear [160, 160] [160] -> output [160]
        """,
        plan.text("layers.0.attn.q_a_proj")
            + plan.text("layers.0.attn.kv_a_proj")
            + plan.text("layers.0.attn.o_proj"));
    assertEquals(
        "layers.1.attn.o_proj linear [160, 160] -> output [160]\n",
        plan.text("layers.1.attn.o_proj"));
  }

  @Test
  void aModelWithoutExpertsIsDenseThroughout() {
    Path edited =
        EditedCheckpoint.of("deepseek-v3-tiny", folder)
            .config("n_routed_experts", null)
            .config("num_hidden_layers", "1")
            .config("num_nextn_predict_layers", "0")
            .rename("model.layers.1.input_layernorm.weight", "model.layers.1.eh_proj.weight")
            .rename("model.layers.2.input_layernorm.weight", "model.layers.2.eh_proj.weight")
            .write();
    assertEquals(List.of(), sparseLayers(plan(edited)));
  }

  @Test
  void closingAModelClosesItsCheckpoint() {
    ModelDefinition model = open(TestData.golden("deepseek-v3-wide-tiny"));
    TestPlan plan = TestPlan.empty();
    model.contribute(plan, CacheDTypes.F32);
    var lease = plan.weights("embed_tokens").get(0).lease();
    var bytes = lease.tensor().segment();
    model.close();
    model.close();
    assertTrue(bytes.scope().isAlive());
    lease.close();
    assertFalse(bytes.scope().isAlive());
  }

  private static TestPlan plan(String golden) {
    return plan(TestData.golden(golden));
  }

  private static TestPlan plan(Path folder) {
    try (ModelDefinition model = open(folder)) {
      TestPlan plan = TestPlan.empty();
      model.contribute(plan, CacheDTypes.of(DType.BF16));
      return plan;
    }
  }

  private static ModelDefinition open(Path folder) {
    return Architectures.discover().open(folder, ModelConfig.read(folder.resolve("config.json")));
  }

  private static MlaSpec attention(TestPlan plan) {
    List<MlaSpec> specs =
        calls(plan, MultiHeadLatentAttention.Call.class).stream()
            .map(MultiHeadLatentAttention.Call::spec)
            .distinct()
            .toList();
    assertEquals(1, specs.size());
    return specs.get(0);
  }

  private static MoeSpec experts(TestPlan plan) {
    List<MoeSpec> specs =
        calls(plan, FusedMoe.Call.class).stream().map(FusedMoe.Call::spec).distinct().toList();
    assertEquals(1, specs.size());
    return specs.get(0);
  }

  private static List<Integer> sparseLayers(TestPlan plan) {
    List<String> names = calls(plan, FusedMoe.Call.class).stream().map(LayerCall::layer).toList();
    return IntStream.range(0, 10)
        .filter(layer -> names.contains("layers." + layer + ".mlp"))
        .boxed()
        .collect(Collectors.toList());
  }

  private static <T extends LayerCall> List<T> calls(TestPlan plan, Class<T> type) {
    return plan.layers().stream().filter(type::isInstance).map(type::cast).toList();
  }
}
