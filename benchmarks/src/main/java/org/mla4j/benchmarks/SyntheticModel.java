package org.mla4j.benchmarks;

import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.checkpoint.GgufWriter;
import org.mla4j.models.checkpoint.RowSource;

/**
 * Writes a GGUF file with the shapes of DeepSeek-V2-Lite and random weights: 15.7 billion
 * parameters, 9 GB as Q4_0. For what depends on sizes alone: how long opening takes, how much
 * memory is held, how fast tokens come.
 */
public final class SyntheticModel {
  private static final int LAYERS = 27;
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
  private static final double DEVIATION = 0.02;

  /** Rows are drawn once and used again: what they say does not matter. */
  private static final int DRAWN_ROWS = 97;

  private final GgufWriter writer = new GgufWriter();
  private final SplittableRandom random = new SplittableRandom(1);
  private final DType dtype;
  private final float[][] rows = new float[DRAWN_ROWS][DENSE_WIDTH];

  private SyntheticModel(DType dtype) {
    this.dtype = dtype;
    for (float[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) (DEVIATION * random.nextGaussian());
      }
    }
  }

  /**
   * Writes the file.
   *
   * @param args the file, and optionally the type of matrices: Q4_0, Q8_0, F16, BF16 or F32
   */
  public static void main(String[] args) {
    if (args.length < 1 || args.length > 2) {
      System.err.println("Usage: SyntheticModel FILE.gguf [Q4_0|Q8_0|F16|BF16|F32]");
      System.exit(2);
    }
    Path file = Path.of(args[0]);
    DType dtype = args.length > 1 ? DType.valueOf(args[1]) : DType.Q4_0;
    SyntheticModel model = new SyntheticModel(dtype);
    model.describe();
    SyntheticVocabulary.describe(model.writer, VOCABULARY);
    model.addTensors();
    long bytes =
        model.writer.write(
            file, (phase, done, total) -> System.err.printf("\r%s: %d of %d", phase, done, total));
    System.err.printf("%n%s: %,d bytes%n", file, bytes);
  }

  private void describe() {
    writer
        .metadata("general.architecture", "deepseek2")
        .metadata("general.name", "synthetic DeepSeek-V2-Lite, " + dtype)
        .metadata("deepseek2.block_count", LAYERS)
        .metadata("deepseek2.context_length", 163840)
        .metadata("deepseek2.embedding_length", HIDDEN)
        .metadata("deepseek2.feed_forward_length", DENSE_WIDTH)
        .metadata("deepseek2.vocab_size", VOCABULARY)
        .metadata("deepseek2.attention.head_count", HEADS)
        .metadata("deepseek2.attention.head_count_kv", 1)
        .metadata("deepseek2.attention.layer_norm_rms_epsilon", 1e-6f)
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
    for (int layer = 0; layer < LAYERS; layer++) {
      String block = "blk." + layer + ".";
      norm(block + "attn_norm", HIDDEN);
      matrix(block + "attn_q", HEADS * (NOPE + ROPE), HIDDEN);
      matrix(block + "attn_kv_a_mqa", KV_LORA_RANK + ROPE, HIDDEN);
      norm(block + "attn_kv_a_norm", KV_LORA_RANK);
      matrix(block + "attn_kv_b", HEADS * (NOPE + VALUE), KV_LORA_RANK);
      matrix(block + "attn_output", HIDDEN, HEADS * VALUE);
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
    int width = Math.toIntExact(shape.extent(-1));
    long count = shape.elements() / width;
    RowSource source =
        taker -> {
          float[] row = new float[width];
          for (long i = 0; i < count; i++) {
            System.arraycopy(rows[random.nextInt(DRAWN_ROWS)], 0, row, 0, width);
            taker.accept(row);
          }
        };
    writer.tensor(name + ".weight", type, shape, source);
  }

  private void norm(String name, int width) {
    float[] ones = new float[width];
    IntStream.range(0, width).forEach(i -> ones[i] = 1);
    writer.tensor(name + ".weight", DType.F32, Shape.of(width), taker -> taker.accept(ones));
  }
}
