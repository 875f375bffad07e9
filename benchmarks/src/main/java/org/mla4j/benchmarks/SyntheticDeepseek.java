package org.mla4j.benchmarks;

import java.util.Arrays;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.checkpoint.GgufWriter;

/** DeepSeek-V2-Lite: 27 layers, 15.7 billion parameters, 9 GB as Q4_0. */
final class SyntheticDeepseek {
  /** Layers of the model itself. */
  static final int LAYERS = 27;

  private static final int HIDDEN = 2048;
  private static final int HEADS = 16;
  private static final int KV_LORA_RANK = 512;
  private static final int NOPE = 128;
  private static final int ROPE = 64;
  private static final int VALUE = 128;
  private static final int EXPERTS = 64;
  private static final int EXPERT_WIDTH = 1408;
  private static final int SHARED_WIDTH = 2 * EXPERT_WIDTH;
  private static final int DENSE_WIDTH = 10944;
  private static final int VOCABULARY = 102400;

  private final GgufWriter writer = new GgufWriter();
  private final SyntheticRows rows = new SyntheticRows(DENSE_WIDTH);
  private final DType dtype;
  private final int layers;
  private final boolean joined;

  private SyntheticDeepseek(DType dtype, int layers, boolean joined) {
    this.dtype = dtype;
    this.layers = layers;
    this.joined = joined;
  }

  /**
   * Describes the file.
   *
   * @param dtype type of matrices
   * @param layers how many layers, the first of them dense
   * @param joined whether {@code attn_kv_b} is one tensor, as in older files; else keys and values
   *     apart, the only form of attention in latent space that llama.cpp reads
   */
  static GgufWriter gguf(DType dtype, int layers, boolean joined) {
    SyntheticDeepseek model = new SyntheticDeepseek(dtype, layers, joined);
    model.describe();
    SyntheticVocabulary.describe(model.writer, "deepseek-llm", VOCABULARY);
    model.addTensors();
    return model.writer;
  }

  private void describe() {
    writer
        .metadata("general.architecture", "deepseek2")
        .metadata("general.name", "synthetic DeepSeek-V2-Lite, " + dtype)
        .metadata("deepseek2.block_count", layers)
        .metadata("deepseek2.context_length", 163840)
        .metadata("deepseek2.embedding_length", HIDDEN)
        .metadata("deepseek2.feed_forward_length", DENSE_WIDTH)
        .metadata("deepseek2.vocab_size", VOCABULARY)
        .metadata("deepseek2.attention.head_count", HEADS)
        .metadata("deepseek2.attention.head_count_kv", 1)
        .metadata("deepseek2.attention.layer_norm_rms_epsilon", 1e-6f)
        .metadata("deepseek2.attention.q_lora_rank", 0) // llama.cpp asks for it
        .metadata("deepseek2.attention.kv_lora_rank", KV_LORA_RANK)
        .metadata("deepseek2.attention.key_length", KV_LORA_RANK + ROPE)
        .metadata("deepseek2.attention.value_length", KV_LORA_RANK)
        .metadata("deepseek2.attention.key_length_mla", NOPE + ROPE)
        .metadata("deepseek2.attention.value_length_mla", VALUE)
        .metadata("deepseek2.leading_dense_block_count", 1)
        .metadata("deepseek2.expert_count", EXPERTS)
        .metadata("deepseek2.expert_used_count", 6)
        .metadata("deepseek2.expert_shared_count", 2)
        .metadata("deepseek2.expert_group_count", 1)
        .metadata("deepseek2.expert_group_used_count", 1)
        .metadata("deepseek2.expert_feed_forward_length", EXPERT_WIDTH)
        .metadata("deepseek2.expert_weights_scale", 1f)
        .metadata("deepseek2.expert_weights_norm", false)
        .metadata("deepseek2.expert_gating_func", 1)
        .metadata("deepseek2.rope.freq_base", 10000f)
        .metadata("deepseek2.rope.dimension_count", ROPE)
        .metadata("deepseek2.rope.scaling.type", "yarn")
        .metadata("deepseek2.rope.scaling.factor", 40f)
        .metadata("deepseek2.rope.scaling.original_context_length", 4096)
        .metadata("deepseek2.rope.scaling.yarn_log_multiplier", 0.0707f);
  }

  private void addTensors() {
    matrix("token_embd", VOCABULARY, HIDDEN);
    norm("output_norm", HIDDEN);
    matrix("output", VOCABULARY, HIDDEN);
    for (int layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + ".";
      attention(block);
      norm(block + "ffn_norm", HIDDEN);
      if (layer == 0) {
        gatedMlp(block, "", DENSE_WIDTH);
      } else {
        tensor(block + "ffn_gate_inp", DType.F32, EXPERTS, HIDDEN);
        matrix(block + "ffn_gate_exps", EXPERTS, EXPERT_WIDTH, HIDDEN);
        matrix(block + "ffn_up_exps", EXPERTS, EXPERT_WIDTH, HIDDEN);
        matrix(block + "ffn_down_exps", EXPERTS, HIDDEN, EXPERT_WIDTH);
        gatedMlp(block, "_shexp", SHARED_WIDTH);
      }
    }
  }

  private void attention(String block) {
    norm(block + "attn_norm", HIDDEN);
    matrix(block + "attn_q", HEADS * (NOPE + ROPE), HIDDEN);
    matrix(block + "attn_kv_a_mqa", KV_LORA_RANK + ROPE, HIDDEN);
    norm(block + "attn_kv_a_norm", KV_LORA_RANK);
    if (joined) {
      matrix(block + "attn_kv_b", HEADS * (NOPE + VALUE), KV_LORA_RANK);
    } else {
      matrix(block + "attn_k_b", HEADS, KV_LORA_RANK, NOPE);
      matrix(block + "attn_v_b", HEADS, VALUE, KV_LORA_RANK);
    }
    matrix(block + "attn_output", HIDDEN, HEADS * VALUE);
  }

  private void gatedMlp(String block, String suffix, int width) {
    matrix(block + "ffn_gate" + suffix, width, HIDDEN);
    matrix(block + "ffn_up" + suffix, width, HIDDEN);
    matrix(block + "ffn_down" + suffix, HIDDEN, width);
  }

  private void matrix(String name, long... extents) {
    tensor(name, dtype, extents);
  }

  private void tensor(String name, DType type, long... extents) {
    Shape shape = Shape.of(extents);
    writer.tensor(name + ".weight", type, shape, rows.of(name, shape));
  }

  private void norm(String name, int width) {
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    writer.tensor(name + ".weight", DType.F32, Shape.of(width), taker -> taker.accept(ones));
  }
}
