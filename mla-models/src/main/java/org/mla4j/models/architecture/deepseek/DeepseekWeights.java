package org.mla4j.models.architecture.deepseek;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.architecture.WeightSource;

/** Finds a layer's weights by the names that DeepSeek checkpoints use. */
final class DeepseekWeights {
  private static final String HIDDEN = "hidden_size";

  private final MlaSpec spec;
  private final @Nullable MoeSpec moe;

  DeepseekWeights(DeepseekConfig config) {
    this.spec = config.attention();
    this.moe = config.moe();
  }

  /** The weights of a mixture-of-experts layer. */
  record Experts(
      MoeSpec spec,
      WeightHandle router,
      @Nullable WeightHandle correctionBias,
      List<Expert> routed,
      @Nullable Expert shared) {}

  MlaWeights attention(WeightSource source) {
    long hidden = spec.hiddenSize();
    long queries = (long) spec.numHeads() * spec.qkHeadDim();
    String queryRows = "num_attention_heads * (qk_nope_head_dim + qk_rope_head_dim)";
    boolean lora = spec.hasQLora();
    return new MlaWeights(
        lora ? null : source.projection("q_proj", queryRows, HIDDEN, queries, hidden),
        lora
            ? source.projection("q_a_proj", "q_lora_rank", HIDDEN, spec.qLoraRank(), hidden)
            : null,
        lora
            ? source.in("q_a_layernorm").tensor("weight", "[q_lora_rank]", spec.qLoraRank())
            : null,
        lora
            ? source.projection("q_b_proj", queryRows, "q_lora_rank", queries, spec.qLoraRank())
            : null,
        source.projection(
            "kv_a_proj_with_mqa",
            "kv_lora_rank + qk_rope_head_dim",
            HIDDEN,
            (long) spec.kvLoraRank() + spec.qkRopeHeadDim(),
            hidden),
        source.in("kv_a_layernorm").tensor("weight", "[kv_lora_rank]", spec.kvLoraRank()),
        source.projection(
            "kv_b_proj",
            "num_attention_heads * (qk_nope_head_dim + v_head_dim)",
            "kv_lora_rank",
            (long) spec.numHeads() * (spec.qkNopeHeadDim() + spec.vHeadDim()),
            spec.kvLoraRank()),
        source.projection(
            "o_proj",
            HIDDEN,
            "num_attention_heads * v_head_dim",
            hidden,
            (long) spec.numHeads() * spec.vHeadDim()),
        null,
        null);
  }

  Experts experts(WeightSource source) {
    MoeSpec moe = Objects.requireNonNull(this.moe);
    WeightSource gate = source.in("gate");
    boolean corrected = moe.scoring() == MoeSpec.Scoring.SIGMOID;
    return new Experts(
        moe,
        gate.tensor("weight", "[n_routed_experts, hidden_size]", moe.experts(), moe.hiddenSize()),
        corrected
            ? gate.tensor("e_score_correction_bias", "[n_routed_experts]", moe.experts())
            : null,
        IntStream.range(0, moe.experts())
            .mapToObj(i ->
                source
                    .in("experts")
                    .in(Integer.toString(i))
                    .gatedMlp("moe_intermediate_size", moe.intermediateSize(), moe.hiddenSize()))
            .toList(),
        moe.hasSharedExperts()
            ? source
                .in("shared_experts")
                .gatedMlp(
                    "n_shared_experts * moe_intermediate_size",
                    moe.sharedIntermediateSize(),
                    moe.hiddenSize())
            : null);
  }
}
