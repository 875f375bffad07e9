package org.mla4j.models.oracle;

import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/** Attention with decompressed keys and values of every head, over a whole sequence at once. */
final class NaiveMla {
  /** Of both latents, whatever {@code rms_norm_eps} says. */
  private static final double EPS = 1e-6;

  private final NaiveWeights weights;
  private final NaiveRope rope;
  private final int heads;
  private final int latentWidth;
  private final int nope;
  private final int rotary;
  private final int valueWidth;

  NaiveMla(JsonNode config, NaiveWeights weights) {
    this.weights = weights;
    rope = new NaiveRope(config);
    heads = config.get("num_attention_heads").asInt();
    latentWidth = config.get("kv_lora_rank").asInt();
    nope = config.get("qk_nope_head_dim").asInt();
    rotary = config.get("qk_rope_head_dim").asInt();
    valueWidth = config.get("v_head_dim").asInt();
  }

  /** What each token of a sequence, given by its normed row, takes from itself and those before. */
  double[][] attend(String module, double[][] x) {
    double[][] queries = new double[x.length][];
    double[][] latents = new double[x.length][];
    double[][] rotaryKeys = new double[x.length][];
    double[][] keysAndValues = new double[x.length][];
    for (int token = 0; token < x.length; token++) {
      queries[token] = query(module, x[token], token);
      double[] joint = weights.project(module + "kv_a_proj_with_mqa", x[token]);
      rope.rotate(joint, latentWidth, token);
      rotaryKeys[token] = Arrays.copyOfRange(joint, latentWidth, joint.length);
      latents[token] =
          NaiveMath.rmsNorm(
              Arrays.copyOf(joint, latentWidth),
              weights.get(module + "kv_a_layernorm.weight"),
              EPS);
      keysAndValues[token] = weights.project(module + "kv_b_proj", latents[token]);
    }
    double[][] out = new double[x.length][];
    for (int token = 0; token < x.length; token++) {
      double[] attended = new double[heads * valueWidth];
      for (int head = 0; head < heads; head++) {
        double[] shares = shares(head, token, queries[token], keysAndValues, rotaryKeys);
        for (int key = 0; key <= token; key++) {
          for (int i = 0; i < valueWidth; i++) {
            attended[head * valueWidth + i] +=
                shares[key] * keysAndValues[key][head * (nope + valueWidth) + nope + i];
          }
        }
      }
      out[token] = weights.project(module + "o_proj", attended);
    }
    return out;
  }

  private double[] query(String module, double[] x, int position) {
    double[] q;
    if (weights.has(module + "q_proj.weight")) {
      q = weights.project(module + "q_proj", x);
    } else {
      double[] latent = weights.project(module + "q_a_proj", x);
      double[] norm = weights.get(module + "q_a_layernorm.weight");
      q = weights.project(module + "q_b_proj", NaiveMath.rmsNorm(latent, norm, EPS));
    }
    for (int head = 0; head < heads; head++) {
      rope.rotate(q, head * (nope + rotary) + nope, position);
    }
    return q;
  }

  private double[] shares(
      int head, int token, double[] query, double[][] keysAndValues, double[][] rotaryKeys) {
    double[] scores = new double[token + 1];
    for (int key = 0; key <= token; key++) {
      for (int i = 0; i < nope; i++) {
        scores[key] +=
            query[head * (nope + rotary) + i] * keysAndValues[key][head * (nope + valueWidth) + i];
      }
      for (int i = 0; i < rotary; i++) {
        scores[key] += query[head * (nope + rotary) + nope + i] * rotaryKeys[key][i];
      }
      scores[key] *= rope.scoreFactor() / Math.sqrt(nope + rotary);
    }
    return NaiveMath.softmax(scores);
  }
}
