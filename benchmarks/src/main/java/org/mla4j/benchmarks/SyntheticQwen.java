package org.mla4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.checkpoint.GgufWriter;
import org.mla4j.models.checkpoint.RowSource;
import org.mla4j.models.checkpoint.SafetensorsWriter;
import org.mla4j.models.checkpoint.SafetensorsWriter.Announced;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Qwen2.5-1.5B: 28 dense layers, embeddings that are the output matrix too. As a GGUF file, or as
 * the folder with BF16 safetensors that the Hub has.
 */
final class SyntheticQwen {
  /** Layers of the model itself. */
  static final int LAYERS = 28;

  private static final int HIDDEN = 1536;
  private static final int HEADS = 12;
  private static final int KEY_HEADS = 2;
  private static final int HEAD = 128;
  private static final int WIDTH = 8960;
  private static final int VOCABULARY = 151936;
  private static final int POSITIONS = 32768;
  private static final double THETA = 1e6;
  private static final double EPSILON = 1e-6;

  private final List<Entry> entries = new ArrayList<>();
  private final SyntheticRows rows = new SyntheticRows(WIDTH);
  private final int layers;

  /** A tensor in the words of both forms; vectors stay F32 in a GGUF file. */
  private record Entry(String gguf, String hub, Shape shape, RowSource rows) {}

  /** Lists the tensors of so many layers. */
  SyntheticQwen(int layers) {
    this.layers = layers;
    matrix("token_embd.weight", "model.embed_tokens.weight", VOCABULARY, HIDDEN);
    for (int layer = 0; layer < layers; layer++) {
      String gguf = "blk." + layer + ".";
      String hub = "model.layers." + layer + ".";
      vector(gguf + "attn_norm.weight", hub + "input_layernorm.weight", HIDDEN, 1);
      projection(gguf + "attn_q", hub + "self_attn.q_proj", HEADS * HEAD);
      projection(gguf + "attn_k", hub + "self_attn.k_proj", KEY_HEADS * HEAD);
      projection(gguf + "attn_v", hub + "self_attn.v_proj", KEY_HEADS * HEAD);
      matrix(gguf + "attn_output.weight", hub + "self_attn.o_proj.weight", HIDDEN, HEADS * HEAD);
      vector(gguf + "ffn_norm.weight", hub + "post_attention_layernorm.weight", HIDDEN, 1);
      matrix(gguf + "ffn_gate.weight", hub + "mlp.gate_proj.weight", WIDTH, HIDDEN);
      matrix(gguf + "ffn_up.weight", hub + "mlp.up_proj.weight", WIDTH, HIDDEN);
      matrix(gguf + "ffn_down.weight", hub + "mlp.down_proj.weight", HIDDEN, WIDTH);
    }
    vector("output_norm.weight", "model.norm.weight", HIDDEN, 1);
  }

  /** Describes the GGUF file; matrices are of the type. */
  GgufWriter gguf(DType dtype) {
    GgufWriter writer =
        new GgufWriter()
            .metadata("general.architecture", "qwen2")
            .metadata("general.name", "synthetic Qwen2.5-1.5B, " + dtype)
            .metadata("qwen2.block_count", layers)
            .metadata("qwen2.context_length", POSITIONS)
            .metadata("qwen2.embedding_length", HIDDEN)
            .metadata("qwen2.feed_forward_length", WIDTH)
            .metadata("qwen2.vocab_size", VOCABULARY)
            .metadata("qwen2.attention.head_count", HEADS)
            .metadata("qwen2.attention.head_count_kv", KEY_HEADS)
            .metadata("qwen2.attention.layer_norm_rms_epsilon", (float) EPSILON)
            .metadata("qwen2.rope.freq_base", (float) THETA);
    SyntheticVocabulary.describe(writer, "qwen2", VOCABULARY);
    for (Entry entry : entries) {
      DType type = entry.shape().rank() == 1 ? DType.F32 : dtype;
      writer.tensor(entry.gguf(), type, entry.shape(), entry.rows());
    }
    return writer;
  }

  /** Writes the folder, which does not exist yet. */
  void writeFolder(Path folder) throws IOException {
    Files.createDirectory(folder);
    List<Announced> announced =
        entries.stream().map(each -> new Announced(each.hub(), DType.BF16, each.shape())).toList();
    Path weights = folder.resolve("model.safetensors");
    try (SafetensorsWriter writer = SafetensorsWriter.create(weights, announced)) {
      for (Entry entry : entries) {
        writer.write(entry.hub(), entry.shape(), values(entry));
      }
      writer.finish();
    }
    Files.writeString(folder.resolve("config.json"), config().toPrettyString());
    Files.writeString(folder.resolve("tokenizer.json"), SyntheticVocabulary.json(VOCABULARY));
    Files.writeString(
        folder.resolve("README.md"), "Random weights in the shapes of Qwen2.5-1.5B.\n");
  }

  private ObjectNode config() {
    ObjectNode config = JsonMapper.shared().createObjectNode();
    config.putArray("architectures").add("Qwen2ForCausalLM");
    return config
        .put("model_type", "qwen2")
        .put("hidden_act", "silu")
        .put("hidden_size", HIDDEN)
        .put("intermediate_size", WIDTH)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", HEADS)
        .put("num_key_value_heads", KEY_HEADS)
        .put("max_position_embeddings", POSITIONS)
        .put("rms_norm_eps", EPSILON)
        .put("rope_theta", THETA)
        .put("vocab_size", VOCABULARY)
        .put("tie_word_embeddings", true)
        .put("torch_dtype", "bfloat16")
        .put("bos_token_id", VOCABULARY - 2)
        .put("eos_token_id", VOCABULARY - 1);
  }

  private static float[] values(Entry entry) {
    float[] values = new float[Math.toIntExact(entry.shape().elements())];
    int[] next = {0};
    entry
        .rows()
        .forEachRow(row -> {
          System.arraycopy(row, 0, values, next[0], row.length);
          next[0] += row.length;
        });
    return values;
  }

  private void projection(String gguf, String hub, int outputs) {
    matrix(gguf + ".weight", hub + ".weight", outputs, HIDDEN);
    vector(gguf + ".bias", hub + ".bias", outputs, 0);
  }

  private void matrix(String gguf, String hub, long outputs, long inputs) {
    Shape shape = Shape.of(outputs, inputs);
    entries.add(new Entry(gguf, hub, shape, rows.of(hub, shape)));
  }

  private void vector(String gguf, String hub, int width, float value) {
    float[] values = new float[width];
    Arrays.fill(values, value);
    entries.add(new Entry(gguf, hub, Shape.of(width), taker -> taker.accept(values)));
  }
}
