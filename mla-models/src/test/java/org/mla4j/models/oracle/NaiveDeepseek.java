package org.mla4j.models.oracle;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A DeepSeek-V2 or -V3 decoder in binary64, without a cache: slow, and short enough to check. */
public final class NaiveDeepseek {
  private final JsonNode config;
  private final NaiveWeights weights;

  private NaiveDeepseek(JsonNode config, NaiveWeights weights) {
    this.config = config;
    this.weights = weights;
  }

  /**
   * What it computes of a sequence.
   *
   * @param layers the residual stream of all tokens after each layer
   * @param logits of all tokens
   * @param routingGap the smallest distance between an expert or group that was chosen and one that
   *     was not
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Outputs(List<double[][]> layers, double[][] logits, double routingGap) {}

  /** Reads a checkpoint. */
  public static NaiveDeepseek read(Path folder) {
    return new NaiveDeepseek(
        JsonMapper.shared().readTree(folder.resolve("config.json").toFile()),
        NaiveWeights.read(folder));
  }

  /** Computes a sequence from its beginning. */
  public Outputs run(int[] ids) {
    NaiveMla attention = new NaiveMla(config, weights);
    NaiveFeedForward feedForward = new NaiveFeedForward(config, weights);
    List<double[][]> layers = new ArrayList<>();
    double[][] hidden = embed(ids);
    for (int layer = 0; layer < config.get("num_hidden_layers").asInt(); layer++) {
      String module = "model.layers." + layer + ".";
      double[][] attended =
          attention.attend(module + "self_attn.", norm(module + "input_layernorm", hidden));
      for (int token = 0; token < ids.length; token++) {
        NaiveMath.add(hidden[token], 1, attended[token]);
      }
      double[][] normed = norm(module + "post_attention_layernorm", hidden);
      for (int token = 0; token < ids.length; token++) {
        NaiveMath.add(hidden[token], 1, feedForward.apply(module + "mlp.", layer, normed[token]));
      }
      layers.add(Arrays.stream(hidden).map(double[]::clone).toArray(double[][]::new));
    }
    boolean tied = config.path("tie_word_embeddings").asBoolean(false);
    double[] head = weights.get(tied ? "model.embed_tokens.weight" : "lm_head.weight");
    double[][] logits =
        Arrays.stream(norm("model.norm", hidden))
            .map(row -> NaiveMath.linear(head, null, row))
            .toArray(double[][]::new);
    return new Outputs(layers, logits, feedForward.smallestGap());
  }

  private double[][] embed(int[] ids) {
    double[] table = weights.get("model.embed_tokens.weight");
    int width = config.get("hidden_size").asInt();
    return Arrays.stream(ids)
        .mapToObj(id -> Arrays.copyOfRange(table, id * width, (id + 1) * width))
        .toArray(double[][]::new);
  }

  private double[][] norm(String module, double[][] rows) {
    double[] weight = weights.get(module + ".weight");
    double eps = config.path("rms_norm_eps").asDouble(1e-6);
    return Arrays.stream(rows)
        .map(row -> NaiveMath.rmsNorm(row, weight, eps))
        .toArray(double[][]::new);
  }
}
