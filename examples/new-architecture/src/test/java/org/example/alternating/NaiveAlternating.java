package org.example.alternating;

import static org.example.alternating.TinyCheckpoint.EPS;
import static org.example.alternating.TinyCheckpoint.HEADS;
import static org.example.alternating.TinyCheckpoint.HIDDEN;
import static org.example.alternating.TinyCheckpoint.LATENT;
import static org.example.alternating.TinyCheckpoint.LAYERS;
import static org.example.alternating.TinyCheckpoint.NOPE;
import static org.example.alternating.TinyCheckpoint.ROTARY;
import static org.example.alternating.TinyCheckpoint.THETA;
import static org.example.alternating.TinyCheckpoint.VALUE;
import static org.example.alternating.TinyCheckpoint.VOCABULARY;

import java.util.Arrays;
import java.util.Map;

/** The architecture once more, in binary64 and without a cache: shares nothing with the library. */
record NaiveAlternating(Map<String, float[]> weights) {
  /** The logits after each token of a sequence. */
  double[][] logits(int... ids) {
    double[][] hidden = new double[ids.length][];
    for (int token = 0; token < ids.length; token++) {
      hidden[token] = new double[HIDDEN];
      for (int i = 0; i < HIDDEN; i++) {
        hidden[token][i] = weight("model.embed_tokens")[ids[token] * HIDDEN + i];
      }
    }
    for (int layer = 0; layer < LAYERS; layer++) {
      String module = "model.layers." + layer + ".";
      addAll(
          hidden,
          attention(module + "self_attn.", layer, norm(module + "input_layernorm", hidden)));
      addAll(
          hidden, feedForward(module + "mlp.", norm(module + "post_attention_layernorm", hidden)));
    }
    return linear("model.embed_tokens", VOCABULARY, norm("model.norm", hidden));
  }

  private double[][] attention(String module, int layer, double[][] x) {
    double[][] queries = linear(module + "q_proj", HEADS * (NOPE + ROTARY), x);
    double[][] joint = linear(module + "kv_a_proj_with_mqa", LATENT + ROTARY, x);
    double[][] latents = new double[x.length][];
    double[][] rotaryKeys = new double[x.length][];
    for (int token = 0; token < x.length; token++) {
      latents[token] = Arrays.copyOf(joint[token], LATENT);
      rotaryKeys[token] = Arrays.copyOfRange(joint[token], LATENT, LATENT + ROTARY);
      if (layer % 2 == 0) {
        rotate(rotaryKeys[token], 0, token);
        for (int head = 0; head < HEADS; head++) {
          rotate(queries[token], head * (NOPE + ROTARY) + NOPE, token);
        }
      }
    }
    double[][] decompressed =
        linear(
            module + "kv_b_proj", HEADS * (NOPE + VALUE), norm(module + "kv_a_layernorm", latents));
    double[][] attended = new double[x.length][HEADS * VALUE];
    for (int token = 0; token < x.length; token++) {
      for (int head = 0; head < HEADS; head++) {
        double[] shares = new double[token + 1];
        for (int key = 0; key <= token; key++) {
          shares[key] = score(queries[token], decompressed[key], rotaryKeys[key], head);
        }
        double largest = Arrays.stream(shares).max().orElseThrow();
        shares = Arrays.stream(shares).map(score -> Math.exp(score - largest)).toArray();
        double sum = Arrays.stream(shares).sum();
        for (int key = 0; key <= token; key++) {
          for (int i = 0; i < VALUE; i++) {
            attended[token][head * VALUE + i] +=
                shares[key] / sum * decompressed[key][head * (NOPE + VALUE) + NOPE + i];
          }
        }
      }
    }
    return linear(module + "o_proj", HIDDEN, attended);
  }

  private static double score(double[] query, double[] decompressed, double[] rotaryKey, int head) {
    double sum = 0;
    for (int i = 0; i < NOPE; i++) {
      sum += query[head * (NOPE + ROTARY) + i] * decompressed[head * (NOPE + VALUE) + i];
    }
    for (int i = 0; i < ROTARY; i++) {
      sum += query[head * (NOPE + ROTARY) + NOPE + i] * rotaryKey[i];
    }
    return sum / Math.sqrt(NOPE + ROTARY);
  }

  private static void rotate(double[] values, int start, int position) {
    for (int i = 0; i < ROTARY; i += 2) {
      double angle = position * Math.pow(THETA, -(double) i / ROTARY);
      double a = values[start + i];
      double b = values[start + i + 1];
      values[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
      values[start + i + 1] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }

  private double[][] feedForward(String module, double[][] x) {
    double[][] gate = linear(module + "gate_proj", TinyCheckpoint.INTERMEDIATE, x);
    double[][] up = linear(module + "up_proj", TinyCheckpoint.INTERMEDIATE, x);
    for (int token = 0; token < x.length; token++) {
      for (int i = 0; i < TinyCheckpoint.INTERMEDIATE; i++) {
        up[token][i] *= gate[token][i] / (1 + Math.exp(-gate[token][i]));
      }
    }
    return linear(module + "down_proj", HIDDEN, up);
  }

  private double[][] norm(String module, double[][] x) {
    float[] weight = weight(module);
    double[][] out = new double[x.length][weight.length];
    for (int token = 0; token < x.length; token++) {
      double squares = Arrays.stream(x[token]).map(value -> value * value).sum();
      for (int i = 0; i < weight.length; i++) {
        out[token][i] = x[token][i] / Math.sqrt(squares / weight.length + EPS) * weight[i];
      }
    }
    return out;
  }

  private double[][] linear(String module, int width, double[][] x) {
    float[] weight = weight(module);
    double[][] out = new double[x.length][width];
    for (int token = 0; token < x.length; token++) {
      int in = x[token].length;
      for (int row = 0; row < width; row++) {
        for (int i = 0; i < in; i++) {
          out[token][row] += weight[row * in + i] * x[token][i];
        }
      }
    }
    return out;
  }

  private float[] weight(String module) {
    return weights.get(module + ".weight");
  }

  private static void addAll(double[][] rows, double[][] more) {
    for (int token = 0; token < rows.length; token++) {
      for (int i = 0; i < HIDDEN; i++) {
        rows[token][i] += more[token][i];
      }
    }
  }
}
