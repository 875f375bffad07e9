package org.example.alternating;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A checkpoint of a few KB as the Hugging Face Hub would ship it; the same for the same seed. */
final class TinyCheckpoint {
  static final int VOCABULARY = 24;
  static final int HIDDEN = 32;
  static final int INTERMEDIATE = 40;
  static final int LAYERS = 4;
  static final int HEADS = 3;
  static final int LATENT = 16;
  static final int NOPE = 8;
  static final int ROTARY = 4;
  static final int VALUE = 6;
  static final int POSITIONS = 64;
  static final double EPS = 1e-5;
  static final double THETA = 100;

  private static final String CONFIG =
      """
      {"architectures": ["AlternatingForCausalLM"], "vocab_size": %d, "hidden_size": %d,
       "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d,
       "kv_lora_rank": %d, "qk_nope_head_dim": %d, "qk_rope_head_dim": %d, "v_head_dim": %d,
       "max_position_embeddings": %d, "rms_norm_eps": %s, "rope_theta": %s}
      """
          .formatted(
              VOCABULARY,
              HIDDEN,
              INTERMEDIATE,
              LAYERS,
              HEADS,
              LATENT,
              NOPE,
              ROTARY,
              VALUE,
              POSITIONS,
              EPS,
              THETA);

  /** Words {@code w0}, {@code w1} and so on, separated by spaces. */
  private static final String TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
       "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}
      """
          .formatted(
              IntStream.range(0, VOCABULARY)
                  .mapToObj(id -> "\"w%d\": %d".formatted(id, id))
                  .collect(Collectors.joining(", ")));

  private final Map<String, float[]> weights = new LinkedHashMap<>();
  private final Map<String, int[]> shapes = new LinkedHashMap<>();
  private final Random random;

  private TinyCheckpoint(long seed) {
    random = new Random(seed);
  }

  /** Writes configuration, tokenizer and weights; returns the weights by name, row by row. */
  static Map<String, float[]> write(Path folder, long seed) throws IOException {
    TinyCheckpoint checkpoint = new TinyCheckpoint(seed);
    checkpoint.fill();
    Files.writeString(folder.resolve("config.json"), CONFIG);
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Files.write(folder.resolve("model.safetensors"), checkpoint.safetensors());
    return checkpoint.weights;
  }

  private void fill() {
    matrix("model.embed_tokens", VOCABULARY, HIDDEN);
    for (int layer = 0; layer < LAYERS; layer++) {
      String module = "model.layers." + layer + ".";
      norm(module + "input_layernorm", HIDDEN);
      matrix(module + "self_attn.q_proj", HEADS * (NOPE + ROTARY), HIDDEN);
      matrix(module + "self_attn.kv_a_proj_with_mqa", LATENT + ROTARY, HIDDEN);
      norm(module + "self_attn.kv_a_layernorm", LATENT);
      matrix(module + "self_attn.kv_b_proj", HEADS * (NOPE + VALUE), LATENT);
      matrix(module + "self_attn.o_proj", HIDDEN, HEADS * VALUE);
      norm(module + "post_attention_layernorm", HIDDEN);
      matrix(module + "mlp.gate_proj", INTERMEDIATE, HIDDEN);
      matrix(module + "mlp.up_proj", INTERMEDIATE, HIDDEN);
      matrix(module + "mlp.down_proj", HIDDEN, INTERMEDIATE);
    }
    norm("model.norm", HIDDEN);
  }

  /** Twice as large as usual: attention that is nearly even would hide a mistake in positions. */
  private void matrix(String module, int out, int in) {
    add(module, 0, 2 / Math.sqrt(in), out, in);
  }

  private void norm(String module, int width) {
    add(module, 1, 0.2, width);
  }

  private void add(String module, double mean, double deviation, int... shape) {
    float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian(mean, deviation);
    }
    weights.put(module + ".weight", values);
    shapes.put(module + ".weight", shape);
  }

  /** The length of the header, the header, the numbers. */
  private byte[] safetensors() {
    StringBuilder header = new StringBuilder();
    int end = 0;
    for (Map.Entry<String, float[]> weight : weights.entrySet()) {
      int begin = end;
      end += Float.BYTES * weight.getValue().length;
      header.append(header.isEmpty() ? "{" : ",");
      header.append(
          "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  weight.getKey(), Arrays.toString(shapes.get(weight.getKey())), begin, end));
    }
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(Long.BYTES + json.length + end);
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    for (float[] values : weights.values()) {
      for (float value : values) {
        file.putFloat(value);
      }
    }
    return file.array();
  }
}
