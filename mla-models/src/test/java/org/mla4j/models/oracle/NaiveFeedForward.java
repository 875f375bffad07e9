package org.mla4j.models.oracle;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** The feed-forward part of a layer: one gated MLP, or those that a router chooses. */
final class NaiveFeedForward {
  private final JsonNode config;
  private final NaiveWeights weights;
  private final boolean v3;
  private double smallestGap = Double.POSITIVE_INFINITY;

  NaiveFeedForward(JsonNode config, NaiveWeights weights) {
    this.config = config;
    this.weights = weights;
    v3 = config.get("architectures").get(0).asString().equals("DeepseekV3ForCausalLM");
  }

  /** How near the router came to choosing otherwise: rounding could then choose another expert. */
  double smallestGap() {
    return smallestGap;
  }

  double[] apply(String module, int layer, double[] x) {
    boolean sparse =
        config.path("n_routed_experts").asInt(0) > 0
            && layer >= config.path("first_k_dense_replace").asInt(0)
            && layer % config.path("moe_layer_freq").asInt(1) == 0;
    return sparse ? mixture(module, x) : mlp(module, x);
  }

  private double[] mlp(String module, double[] x) {
    double[] gate = weights.project(module + "gate_proj", x);
    double[] up = weights.project(module + "up_proj", x);
    for (int i = 0; i < up.length; i++) {
      up[i] *= gate[i] * NaiveMath.sigmoid(gate[i]);
    }
    return weights.project(module + "down_proj", up);
  }

  private double[] mixture(String module, double[] x) {
    double[] logits = weights.project(module + "gate", x);
    double[] scores =
        v3 ? Arrays.stream(logits).map(NaiveMath::sigmoid).toArray() : NaiveMath.softmax(logits);
    double[] choices = scores.clone();
    if (v3) {
      NaiveMath.add(choices, 1, weights.get(module + "gate.e_score_correction_bias"));
    }
    List<Integer> chosen = best(restricted(choices), config.get("num_experts_per_tok").asInt());
    double sum = chosen.stream().mapToDouble(expert -> scores[expert]).sum();
    boolean normed = v3 && config.path("norm_topk_prob").asBoolean(true);
    double factor = config.get("routed_scaling_factor").asDouble() / (normed ? sum + 1e-20 : 1);
    double[] out = new double[x.length];
    for (int expert : chosen) {
      NaiveMath.add(out, factor * scores[expert], mlp(module + "experts." + expert + ".", x));
    }
    if (config.path("n_shared_experts").asInt(0) > 0) {
      NaiveMath.add(out, 1, mlp(module + "shared_experts.", x));
    }
    return out;
  }

  /** The choices with minus infinity for the experts of all groups but the best. */
  private double[] restricted(double[] choices) {
    if (!v3 && config.get("topk_method").asString().equals("greedy")) {
      return choices;
    }
    int groups = config.get("n_group").asInt();
    int size = choices.length / groups;
    double[] groupScores = new double[groups];
    for (int group = 0; group < groups; group++) {
      double[] sorted = Arrays.copyOfRange(choices, group * size, (group + 1) * size);
      Arrays.sort(sorted);
      groupScores[group] = sorted[size - 1] + (v3 && size > 1 ? sorted[size - 2] : 0);
    }
    List<Integer> kept = best(groupScores, config.get("topk_group").asInt());
    return IntStream.range(0, choices.length)
        .mapToDouble(i -> kept.contains(i / size) ? choices[i] : Double.NEGATIVE_INFINITY)
        .toArray();
  }

  private List<Integer> best(double[] scores, int count) {
    List<Integer> sorted =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
            .collect(Collectors.toList());
    if (count < scores.length) {
      double gap = scores[sorted.get(count - 1)] - scores[sorted.get(count)];
      smallestGap = Math.min(smallestGap, gap);
    }
    return sorted.subList(0, count);
  }
}
